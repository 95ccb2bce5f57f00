# pyright: reportMissingImports=false
# ruff: noqa: PLC0415 (each library only where it is there)
"""Scores by other libraries, in an environment of their own: they want another NumPy than Cobi.

    PYTHON benchmarks/quality/peers.py TASK.npz OUT_DIRECTORY

writes one students × offers array for each model that the environment has (pip install implicit rectools).
"""

import sys
from pathlib import Path

import numpy as np
from scipy import sparse


def implicit_models():
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

    yield (
        "implicit ALS",
        AlternatingLeastSquares(factors=64, regularization=0.05, alpha=10, iterations=20, random_state=0),
    )
    yield (
        "implicit BPR",
        BayesianPersonalizedRanking(
            factors=64, learning_rate=0.05, regularization=0.01, iterations=150, random_state=0
        ),
    )
    yield "implicit cosine", CosineRecommender(K=100)
    yield "implicit BM25", BM25Recommender(K=100)


def scores_of(model, touched):
    model.fit(touched, show_progress=False)
    if hasattr(model, "similarity"):
        return (touched @ model.similarity).toarray()
    return model.user_factors[: touched.shape[0]] @ model.item_factors[: touched.shape[1]].T


def rectools_scores(pairs, shape):
    """RecTools' own models (its EASE and its SVD) by their item scores."""
    import pandas as pd
    from rectools import Columns
    from rectools.dataset import Dataset
    from rectools.models import EASEModel, PureSVDModel

    frame = pd.DataFrame(pairs, columns=[Columns.User, Columns.Item])
    frame[Columns.Weight], frame[Columns.Datetime] = 1.0, pd.Timestamp("2020-01-01")
    data = Dataset.construct(frame)
    users, items = data.user_id_map.external_ids, data.item_id_map.external_ids
    for name, model in (
        ("rectools EASE", EASEModel(regularization=200)),
        ("rectools PureSVD", PureSVDModel(factors=64)),
    ):
        model.fit(data)
        touched = data.get_user_item_matrix()
        own = (
            touched @ model.weight if hasattr(model, "weight") else model.user_factors @ model.item_factors.T
        )
        full = np.zeros(shape, np.float32)
        full[np.ix_(users.astype(int), items.astype(int))] = own
        yield name, full


def main(task, out):
    told = np.load(task)
    shape, pairs = tuple(told["shape"]), told["pairs"]
    touched = sparse.csr_matrix((np.ones(len(pairs), np.float32), (pairs[:, 0], pairs[:, 1])), shape=shape)
    touched.data[:] = 1
    target = Path(out)
    for name, model in implicit_models():
        np.save(target / f"{name}.npy", np.asarray(scores_of(model, touched), np.float32))
        print(name, flush=True)
    for name, scores in rectools_scores(np.unique(pairs, axis=0), shape):
        np.save(target / f"{name}.npy", np.asarray(scores, np.float32))
        print(name, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
