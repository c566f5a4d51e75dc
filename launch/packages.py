"""The virtual environment and the packages in it, installed by hash from the locks."""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from launch.messages import Refusal, say
from launch.preconditions import check_writable
from launch.process import HERE, child_environment

LOCKS = {"run": ["requirements.txt"], "work": ["requirements.txt", "requirements-dev.txt"]}
COLLECTING = ("Collecting ", "Processing ")  # What pip says of a package from an index, and of a local one.
UNREACHABLE = re.compile(
    "NewConnection|ConnectTimeout|NameResolution|Max retries|ProxyError|ReadTimeout"
    "|Connection (broken|refused|reset)"
)


def venv_python(folder: Path) -> Path:
    """Where a virtual environment keeps its Python."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment() -> Path:
    """The folder of the virtual environment: the active one, else .venv in the project."""
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix)
    active = os.environ.get("VIRTUAL_ENV")
    if active and venv_python(Path(active)).exists():
        return Path(active)
    return HERE / ".venv"


def make_environment(folder: Path) -> None:
    """Make the virtual environment, or make it anew when an earlier attempt was cut short."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Refusal(
            "This Python cannot make a virtual environment: its venv module is missing. Install it "
            "(on Debian and Ubuntu the package python3-venv), then start again. Nothing was changed.",
            "当前 Python 缺少 venv 模块,无法创建虚拟环境。请先安装(Debian、Ubuntu 上的软件包名为 "
            "python3-venv),然后重新启动。未做任何更改。",
        )
    check_writable(folder.parent)
    say(f"Making the virtual environment {folder} …", f"正在创建虚拟环境 {folder} …")
    command = [sys.executable, "-m", "venv", "--clear", str(folder)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if made.returncode:
        told = made.stdout.decode("utf-8", "replace").strip()
        raise Refusal(f"The virtual environment could not be made: {told}", f"无法创建虚拟环境:{told}")


def has_pip(python: Path) -> bool:
    """Whether this is the Python of a complete environment, not of one cut short or moved."""
    if not python.exists():
        return False
    asked = subprocess.run([str(python), "-c", "import pip"], stderr=subprocess.DEVNULL, check=False)
    return asked.returncode == 0


def prepare_python(purpose: str) -> str:
    """The Python that runs the registry, with the locked packages of `purpose` (run or work) installed.

    A stamp with the digest of the locks lets the next start skip the installation.
    """
    folder = environment()
    python, stamp = venv_python(folder), folder / f"registry-{purpose}.sha256"
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in LOCKS[purpose])).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return str(python)
    if not has_pip(python):
        make_environment(folder)
    install(str(python), LOCKS[purpose])
    stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def install(python: str, locks: "list[str]") -> None:
    """Install the locked packages with pip, telling how far it is."""
    texts = [(HERE / name).read_text(encoding="utf-8") for name in locks]
    pinned = len({name for text in texts for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)})
    command = [python, "-m", "pip", "install", "--require-hashes", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    for name in locks:
        command += ["-r", str(HERE / name)]
    say(f"Installing up to {pinned} packages …", f"正在安装软件包(至多 {pinned} 个) …")
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=child_environment())
    assert pip.stdout is not None
    told = []
    for raw in pip.stdout:
        line = raw.decode("utf-8", "replace").rstrip()
        told.append(line)
        collected = sum(text.startswith(COLLECTING) for text in told)
        if line.startswith(COLLECTING) and sys.stdout.isatty():
            print(f"\r  {collected}/{pinned}", end="", flush=True)
        elif line.startswith("Installing collected"):
            say(
                f"\r  {collected} packages downloaded; unpacking …",
                f"\r  已下载 {collected} 个软件包,正在解包 …",
            )
    if pip.wait():
        raise pip_refusal(told)


def pip_refusal(told: "list[str]") -> Refusal:
    """Why pip failed, in plain words."""
    text = "\n".join(told)
    if UNREACHABLE.search(text):
        return Refusal(
            "The package index did not answer, so the packages could not be downloaded. Check the network, "
            "or set PIP_INDEX_URL to a mirror you can reach, then start again.",
            "无法连接软件包索引,软件包下载失败。请检查网络,或将 PIP_INDEX_URL 设为可访问的镜像地址,"
            "然后重新启动。",
        )
    if "DO NOT MATCH THE HASHES" in text:
        return Refusal(
            "A downloaded package is not the one that was locked, so nothing was installed. Try again, "
            "or use another package index.",
            "下载的软件包与锁定的版本不一致,未安装任何软件包。请重试,或更换软件包索引。",
        )
    if "No space left" in text:
        return Refusal(
            "The disk is full; free some space and start again.", "磁盘已满;请清理空间后重新启动。"
        )
    last = "\n".join(told[-8:])
    return Refusal(
        f"The packages could not be installed; pip said:\n{last}", f"软件包安装失败,pip 的提示为:\n{last}"
    )
