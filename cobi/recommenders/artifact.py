"""A model as plain named arrays and a card, and back; never a pickle, so loading runs no code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import Catalogue, Trait
from cobi.recommenders.model import Model
from cobi.recommenders.settings import settings_from
from cobi.recommenders.signals import SignalSpace
from cobi.recommenders.sparse import SparseMatrix

Arrays = Mapping[str, NDArray[Any]]


def to_arrays(model: Model) -> dict[str, NDArray[Any]]:
    """Everything learned, by name; together with `model.card` it is the whole model."""
    matrix, catalogue = model.matrix, model.catalogue
    return {
        "item_type": catalogue.item_type,
        "item_key": catalogue.item_key,
        "links": catalogue.links,
        "indptr": matrix.indptr,
        "indices": matrix.indices,
        "data": matrix.data,
        **{f"trait_{trait}": codes for trait, codes in model.space.traits.items()},
    }


def from_arrays(arrays: Arrays, card: Mapping[str, Any]) -> Model:
    """The model that `to_arrays` took apart."""
    catalogue = Catalogue(arrays["item_type"], arrays["item_key"], arrays["links"])
    traits = {trait: arrays[f"trait_{trait}"] for trait in sorted(Trait) if f"trait_{trait}" in arrays}
    space = SignalSpace(catalogue.item_type, traits)
    indptr = np.asarray(arrays["indptr"])
    matrix = SparseMatrix(indptr, arrays["indices"], arrays["data"], catalogue.size)
    return Model(catalogue, space, settings_from(card["settings"]), matrix, card)
