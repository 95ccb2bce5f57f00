"""Templates into HTML."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from cobi.dashboard import wording
from cobi.dashboard.assets import Assets
from cobi.dashboard.frame import Frame


class Templates:
    """The templates of this package; each is given `frame`, `page` and `asset`, and what is missing is an error."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=PackageLoader("cobi.dashboard"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._asset = assets.address
        self._environment.filters.update(wording.FILTERS)

    def render(self, template: str, frame: Frame, page: Any) -> str:
        """A page's HTML."""
        return self._environment.get_template(template).render(frame=frame, page=page, asset=self._asset)
