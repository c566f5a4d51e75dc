"""What the start says, in Chinese or English after the language of the computer."""

import locale
import os


class Refusal(Exception):
    """What stands in the way, as one sentence for the person at the keyboard; `code` is the exit status."""

    def __init__(self, english: str, chinese: str, code: int = 1) -> None:
        super().__init__(choose(english, chinese))
        self.code = code


def choose(english: str, chinese: str) -> str:
    """The text in the language of this computer."""
    named = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), None)
    language = (named or locale.getlocale()[0] or "").lower()
    return chinese if language.startswith(("zh", "chinese")) else english


def say(english: str, chinese: str) -> None:
    """Print one line in the language of this computer."""
    print(choose(english, chinese), flush=True)
