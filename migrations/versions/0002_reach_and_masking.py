"""Reach tells what a unit registered itself; numbers are masked when they are shown, and can be voided.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('person_reach', schema=None) as batch_op:
        # What is within reach so far stays so.
        batch_op.add_column(sa.Column('registered', sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table('person_reach', schema=None) as batch_op:
        batch_op.alter_column('registered', server_default=None)
    standing = sa.text('voided_at IS NULL')
    with op.batch_alter_table('person_identifier', schema=None) as batch_op:
        batch_op.drop_column('masked')
        batch_op.add_column(sa.Column('voided_at', sa.DateTime(), nullable=True))
        batch_op.drop_index('uq_person_identifier_hash')
        batch_op.create_index(
            'uq_person_identifier_hash',
            ['kind', 'value_hash'],
            unique=True,
            sqlite_where=standing,
            postgresql_where=standing,
        )
    # Reasons kept in clear so far cannot be encrypted here; the rows are checked again when they are sent.
    with op.batch_alter_table('roster_draft', schema=None) as batch_op:
        batch_op.drop_column('errors')
        batch_op.add_column(sa.Column('reasons', sa.Text(), nullable=True))
    op.create_index('ix_journal_entry_action', 'journal_entry', ['action', 'seq'])
    op.create_index('ix_enrolment_course', 'enrolment', ['course_id', 'id'])
    op.create_index(
        'ix_certificate_type_issued',
        'certificate',
        ['credential_type_id', 'issued_on', 'id', 'unit_id', 'valid_until', 'ended_on', 'voided_at'],
    )


def downgrade() -> None:
    raise NotImplementedError("masked numbers cannot be stored again without the keys")
