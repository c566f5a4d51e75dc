"""The clock tells which entry changed units or types last

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.add_column(sa.Column('catalogue', sa.String(length=64), nullable=True))
    op.execute('UPDATE clock SET catalogue = head')
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.alter_column('catalogue', existing_type=sa.String(length=64), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.drop_column('catalogue')
