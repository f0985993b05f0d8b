"""What must hold of changes of policy over the whole ledger, for `audit`.

One rule for the editor: what the database refuses by itself is asked again here, of rows however they came to be.
"""

import sqlalchemy as sa

from inventory.schema.custody import decision, ledger
from inventory.schema.oversight import policy_version
from inventory.schema.people import person
from inventory.schema.policies import policy_change, policy_change_end, policy_taken_up

Said = tuple[str, str]


def policy_is_changed_by_two(conn: sa.Connection) -> list[Said]:
    """Every approved change was approved by another person than who proposed it, and came into force afterwards."""
    proposer, ender = person.alias("proposer"), person.alias("ender")
    roots = [sa.func.coalesce(each.c.same_as, each.c.id) for each in (proposer, ender)]
    wrong = (
        sa.select(policy_change.c.id)
        .select_from(
            policy_change.join(policy_change_end, policy_change_end.c.change_id == policy_change.c.id)
            .join(proposer, proposer.c.id == policy_change.c.proposed_by)
            .join(ender, ender.c.id == policy_change_end.c.by_person)
        )
        .where(
            policy_change_end.c.outcome == "APPROVED",
            sa.or_(roots[0] == roots[1], policy_change_end.c.from_us < policy_change_end.c.at_us),
        )
    )
    says = "one person made it, or it was in force too soon"
    return [(f"policy change {row[0]}", says) for row in conn.execute(wrong)]


def policy_changes_are_in_the_ledger(conn: sa.Connection) -> list[Said]:
    """Every entry about policy is the proposal or the end of a change, and each of these has its entry."""
    named = sa.union_all(sa.select(policy_change.c.entry_id), sa.select(policy_change_end.c.entry_id)).subquery()
    loose = sa.select(ledger.c.id).where(ledger.c.kind == "POLICY", ledger.c.id.not_in(sa.select(named.c.entry_id)))
    unnamed = (
        sa.select(named.c.entry_id)
        .select_from(named.outerjoin(ledger, ledger.c.id == named.c.entry_id))
        .where(ledger.c.kind.is_distinct_from("POLICY"))
    )
    return [(f"entry {row[0]}", "it is of no change of policy") for row in conn.execute(loose)] + [
        (f"entry {row[0]}", "a change of policy names it, and it is none") for row in conn.execute(unnamed)
    ]


def policy_texts_are_kept(conn: sa.Connection) -> list[Said]:
    """The text of every policy that an instance took up is kept, and of every one that a decision names."""
    kept = sa.select(policy_version.c.hash)
    begun = sa.select(sa.func.min(policy_taken_up.c.at_us)).scalar_subquery()
    taken = sa.select(policy_taken_up.c.hash).distinct().where(policy_taken_up.c.hash.not_in(kept))
    asked = sa.select(decision.c.policy_hash).distinct().where(
        decision.c.decided_us >= begun, decision.c.policy_hash.not_in(kept)
    )  # fmt: skip
    return [(f"policy {row[0]}", "its text is not kept") for row in conn.execute(sa.union(taken, asked))]


CHECKS = (policy_is_changed_by_two, policy_changes_are_in_the_ledger, policy_texts_are_kept)
