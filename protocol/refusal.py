"""Why a value is refused, in a form that becomes an HTTP problem or a reject."""

from protocol.enums import Reason


class Refusal(Exception):
    """A value from outside breaks a rule.

    `code` is the reason, `field` the value's name, `detail` the rule in a sentence, `nearest` the
    nearest valid value and `step` the tick or lot, if there is one.
    """

    def __init__(
        self,
        code: Reason,
        field: str | None,
        detail: str,
        nearest: str | None = None,
        step: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.field = field
        self.detail = detail
        self.nearest = nearest
        self.step = step
