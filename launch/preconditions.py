"""What must hold before anything is made: Python, port, folder, address."""

import ipaddress
import os
import socket
import sys
import tempfile
from pathlib import Path

from launch.messages import Refusal


def check_python() -> None:
    """Refuse a Python that is too old."""
    if sys.version_info < (3, 11):  # noqa: UP036 - run.py is started with whatever Python there is.
        have = ".".join(map(str, sys.version_info[:3]))
        raise Refusal(
            f"Python 3.11 or later is needed; this one is {have}. Nothing was changed.",
            f"需要 Python 3.11 或更高版本,当前版本为 {have}。未做任何更改。",
        )


def free_port(host: str, port: int) -> int:
    """The port to listen on (0 asks the system for one). Refuse one that another program holds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Refusal(
                f"This user may not open port {port}; choose one above 1023, for example --port 8001.",
                f"当前用户无权使用端口 {port};请改用 1023 以上的端口,例如 --port 8001。",
            ) from None
        except socket.gaierror:
            raise Refusal(f"{host} is not a known address.", f"无法识别地址 {host}。") from None
        except OSError as error:
            if "assign" in str(error).lower():
                raise Refusal(
                    f"{host} is not an address of this computer.", f"{host} 不是本机地址。"
                ) from None
            raise Refusal(
                f"Port {port} on {host} is taken by another program; choose another one, "
                f"for example --port {port % 65535 + 1}.",
                f"{host} 的端口 {port} 已被其他程序占用;请换一个端口,例如 --port {port % 65535 + 1}。",
            ) from None
        number: int = probe.getsockname()[1]
        return number


def check_writable(folder: Path) -> None:
    """Refuse a folder in which no file can be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # Names of people will lie in it.
        with tempfile.TemporaryFile(dir=str(folder)):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(
            f"The folder {folder} cannot be written to ({reason}). Nothing was changed; "
            "move the project where you may write, or set REGISTRY_INSTANCE for the data.",
            f"文件夹 {folder} 无法写入({reason})。未做任何更改;"
            "请将项目移到可写入的位置,或用 REGISTRY_INSTANCE 指定数据文件夹。",
        ) from None


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_demo_in_network(host: str) -> None:
    """Demo data has known passwords, so it is never served to other computers."""
    if not is_loopback(host):
        raise Refusal(
            f"Demo data is served to this computer only, not on {host}: "
            "start without --host, or begin with --empty in a new folder.",
            f"演示数据只能在本机使用,不能在 {host} 上提供服务:请去掉 --host,或在新文件夹中用 --empty 开始。",
            code=2,
        )
