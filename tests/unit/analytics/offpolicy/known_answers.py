"""The recipe of `known_answers.json`: what the reference library answers on the logs of `logs.py`.

Run it from the repository's root by a Python that has `requirements/reference.txt`:

    python -m tests.unit.analytics.offpolicy.known_answers

With `--shipped` it prints two logs of the Open Bandit Dataset, which the library ships, and what it answers on them.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np

from tests.unit.analytics.offpolicy.logs import (
    Singles,
    Slates,
    drawn_singles,
    drawn_slates,
    open_bandit,
)

ANSWERS = Path(__file__).with_name("known_answers.json")
CLIP, THRESHOLD, SHRINKAGE = 2.0, 3.0, 5.0

LOGS = {
    "drawn, 11": lambda: drawn_singles(11),
    "drawn, 12": lambda: drawn_singles(12),
    "slates, 21": lambda: drawn_slates(21),
    "slates, 22": lambda: drawn_slates(22, n=300, m=5, k=4),
}


def of_singles(log: Singles) -> dict[str, float]:
    """The library's estimates of the policy's value."""
    from obp import ope  # pyright: ignore[reportMissingImports]

    base = {"reward": log.reward, "action": log.item, "position": log.place, "action_dist": log.policy}
    weighted = {**base, "pscore": log.logged}
    modelled = {**weighted, "estimated_rewards_by_reg_model": log.model}
    greedy = (log.policy == log.policy.max(axis=1, keepdims=True)).astype(float)
    estimators = {
        "ips": (ope.InverseProbabilityWeighting(), weighted),
        "ips clipped": (ope.InverseProbabilityWeighting(lambda_=CLIP), weighted),
        "snips": (ope.SelfNormalizedInverseProbabilityWeighting(), weighted),
        "direct": (ope.DirectMethod(), modelled),
        "doubly robust": (ope.DoublyRobust(), modelled),
        "doubly robust clipped": (ope.DoublyRobust(lambda_=CLIP), modelled),
        "self-normalised doubly robust": (ope.SelfNormalizedDoublyRobust(), modelled),
        "switch": (ope.SwitchDoublyRobust(lambda_=THRESHOLD), modelled),
        "shrunk": (ope.DoublyRobustWithShrinkage(lambda_=SHRINKAGE), modelled),
        "replay": (ope.ReplayMethod(), {**base, "action_dist": greedy}),
    }
    return {name: float(one.estimate_policy_value(**given)) for name, (one, given) in estimators.items()}


def of_slates(log: Slates) -> dict[str, float]:
    """The same of lists."""
    from obp import ope  # pyright: ignore[reportMissingImports]

    n, k = log.items.shape
    m = log.policy.shape[2]
    base = {
        "slate_id": np.repeat(np.arange(n), k),
        "position": np.tile(np.arange(k), n),
        "reward": log.reward.ravel(),
        "action": log.items.ravel(),
    }

    def both(name: str, logged: np.ndarray, chances: np.ndarray) -> dict[str, np.ndarray]:
        return {**base, f"pscore{name}": logged.ravel(), f"evaluation_policy_pscore{name}": chances.ravel()}

    down = both("_cascade", np.cumprod(log.logged, axis=1), np.cumprod(log.chances, axis=1))
    whole = both(
        "",
        np.repeat(np.prod(log.logged, axis=1), k),
        np.repeat(np.prod(log.chances, axis=1), k),
    )
    alone = both("_item_position", log.logged_marginal, log.marginal)
    modelled = {**down, "q_hat": log.model.ravel(), "evaluation_policy_action_dist": log.policy.ravel()}
    estimators = {
        "standard": (ope.SlateStandardIPS(len_list=k), whole),
        "standard normalised": (ope.SelfNormalizedSlateStandardIPS(len_list=k), whole),
        "independent": (ope.SlateIndependentIPS(len_list=k), alone),
        "independent normalised": (ope.SelfNormalizedSlateIndependentIPS(len_list=k), alone),
        "cascade": (ope.SlateRewardInteractionIPS(len_list=k), down),
        "cascade normalised": (ope.SelfNormalizedSlateRewardInteractionIPS(len_list=k), down),
        "cascade doubly robust": (ope.SlateCascadeDoublyRobust(len_list=k, n_unique_action=m), modelled),
    }
    return {name: float(one.estimate_policy_value(**given)) for name, (one, given) in estimators.items()}


def answers() -> dict[str, dict[str, float]]:
    """Of every log."""
    logs = {name: made() for name, made in LOGS.items()}
    return {
        name: of_singles(log) if isinstance(log, Singles) else of_slates(log) for name, log in logs.items()
    }


def shipped() -> dict[str, dict[str, object]]:
    """The logs of two policies in the men's campaign, 10,000 answers each, and the library's estimates."""
    import obp  # pyright: ignore[reportMissingImports]

    found: dict[str, dict[str, object]] = {}
    for served in ("bts", "random"):
        path = Path(str(obp.__file__)).parent / "dataset" / "obd" / served / "men" / "men.csv"
        with path.open(newline="") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: row["timestamp"])
        columns: dict[str, list[float]] = {
            "item": [int(row["item_id"]) for row in rows],
            "place": [int(row["position"]) - 1 for row in rows],
            "click": [int(row["click"]) for row in rows],
            "propensity": [float(row["propensity_score"]) for row in rows],
        }
        found[served] = {"columns": columns, "answers": of_singles(open_bandit(columns))}
    return found


def main() -> None:
    """Write the file, or print what is asked for."""
    if "--shipped" in sys.argv:
        print(json.dumps(shipped()))
    elif "--drawn" in sys.argv:
        print(json.dumps(answers()))
    else:
        ANSWERS.write_text(json.dumps(answers(), indent=2) + "\n")


if __name__ == "__main__":
    main()
