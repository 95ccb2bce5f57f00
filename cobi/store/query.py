"""The type of a query whose columns are not spelled out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

Query = Select[*tuple[Any, ...]]
