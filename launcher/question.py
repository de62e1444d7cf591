"""Ask before something is lost."""


def confirm(question: str, *, yes: bool) -> bool:
    """Return whether the user agrees; no answer means no. `yes`: agreed beforehand."""
    if yes:
        return True
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() in {"y", "yes"}:
        return True
    print("Nothing was done.")
    return False
