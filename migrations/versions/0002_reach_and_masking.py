"""Reach tells what a unit registered itself; document numbers are masked when they are shown.

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
    with op.batch_alter_table('person_identifier', schema=None) as batch_op:
        batch_op.drop_column('masked')


def downgrade() -> None:
    raise NotImplementedError("masked numbers cannot be stored again without the keys")
