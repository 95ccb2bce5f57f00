"""A model as plain named arrays and a card, and back; never a pickle, so loading runs no code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import Catalogue, Trait
from cobi.recommenders.model import Model, assemble
from cobi.recommenders.settings import settings_from
from cobi.recommenders.signals import SignalSpace
from cobi.recommenders.sparse import SparseMatrix

Arrays = Mapping[str, NDArray[Any]]


def to_arrays(model: Model) -> dict[str, NDArray[Any]]:
    """Everything learned, by name; together with `model.card` it is the whole model."""
    core, catalogue = model.core, model.catalogue
    return {
        "item_type": catalogue.item_type,
        "item_key": catalogue.item_key,
        "links": catalogue.links,
        "core_indptr": core.indptr,
        "core_indices": core.indices,
        "core_data": core.data,
        "newcomer": np.array(model.newcomer),
        **{f"trait_{trait}": codes for trait, codes in model.space.traits.items()},
    }


def from_arrays(arrays: Arrays, card: Mapping[str, Any]) -> Model:
    """The model that `to_arrays` took apart."""
    catalogue = Catalogue(arrays["item_type"], arrays["item_key"], arrays["links"])
    traits = {trait: arrays[f"trait_{trait}"] for trait in sorted(Trait) if f"trait_{trait}" in arrays}
    space = SignalSpace(catalogue.size, traits)
    core = SparseMatrix(
        np.asarray(arrays["core_indptr"]), arrays["core_indices"], arrays["core_data"], catalogue.size
    )
    return assemble(catalogue, space, settings_from(card["settings"]), core, float(arrays["newcomer"]), card)
