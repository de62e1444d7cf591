"""An exchange that an earlier version left behind, kept under `tests/fixtures`.

`files`, `figures` and `replay` read it. `python -m tests.support.kept_exchange FOLDER` runs an
exchange of today and keeps another one: `stage` is its doors, `scenes`, `refusals` and `market` are
what happens on it.
"""
