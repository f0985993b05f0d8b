"""Whether what other systems brought is all there, looked at once more from the stored rows.

One rule for the editor: what is asked here is asked of the stored rows alone, and not by the code that wrote them.
"""

import base64
import hashlib

import sqlalchemy as sa

from inventory.schema.feeds import feed, feed_batch, file_preview, file_taken, kept_file

Told = list[tuple[str, str]]
"""(what it is about, a sentence)."""


def batches_of_feeds_have_no_gap(conn: sa.Connection) -> Told:
    """The batches of every training feed are numbered 1, 2, 3 … and none is missing: a gap may hide a retraction."""
    rows = conn.execute(
        sa.select(feed.c.source, sa.func.count(), sa.func.min(feed_batch.c.seq), sa.func.max(feed_batch.c.seq))
        .join(feed_batch, feed_batch.c.feed_id == feed.c.id)
        .group_by(feed.c.source)
    )
    return [
        (f"feed {source}", f"holds {count} batches, numbered {first} to {last}")
        for source, count, first, last in rows
        if (first, last) != (1, count)
    ]


def kept_files_are_as_they_came(conn: sa.Connection) -> Told:
    """Every file that was kept as evidence still has the fingerprint by which it was looked over."""
    return [
        (f"file {sha256[:12]}", "is not as it came: its fingerprint differs")
        for sha256, body in conn.execute(sa.select(kept_file.c.sha256, kept_file.c.body))
        if hashlib.sha256(base64.b64decode(body)).hexdigest() != sha256
    ]


def files_were_looked_over_before_they_were_taken_in(conn: sa.Connection) -> Told:
    """No file was taken in before it was looked over."""
    rows = conn.execute(
        sa.select(file_preview.c.id)
        .join(file_taken, file_taken.c.preview_id == file_preview.c.id)
        .where(file_taken.c.at_us < file_preview.c.at_us)
    )
    return [(f"file preview {row.id}", "taken in before it was looked over") for row in rows]


CHECKS = (batches_of_feeds_have_no_gap, kept_files_are_as_they_came, files_were_looked_over_before_they_were_taken_in)
