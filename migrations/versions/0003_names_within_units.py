"""Units find their own people and certificates in indexes of their own

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

# Compared byte by byte on both engines.
WORDS = sa.String(length=120).with_variant(sa.String(length=120, collation='C'), 'postgresql')
NAMES = ('name', 'pinyin', 'initials')


def upgrade() -> None:
    with op.batch_alter_table('certificate', schema=None) as batch_op:
        batch_op.create_index('ix_certificate_unit_number', ['unit_id', 'number'], unique=False)

    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.alter_column('initials', existing_type=sa.String(length=60), type_=WORDS, existing_nullable=False)
        # The ends of numbers stood here in clear and were read by nothing.
        batch_op.drop_column('phone_last4')
    with op.batch_alter_table('person_identifier', schema=None) as batch_op:
        batch_op.drop_column('last4')

    with op.batch_alter_table('person_reach', schema=None) as batch_op:
        for column in NAMES:
            batch_op.add_column(sa.Column(column, WORDS, nullable=True))
    op.execute(
        "UPDATE person_reach SET (name, pinyin, initials) = (SELECT name, pinyin, initials FROM person "
        "WHERE person.id = person_reach.person_id AND person.state = 'active')"
    )
    with op.batch_alter_table('person_reach', schema=None) as batch_op:
        for column in NAMES:
            batch_op.create_index(f'ix_person_reach_{column}', ['unit_id', column, 'person_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('person_reach', schema=None) as batch_op:
        for column in NAMES:
            batch_op.drop_index(f'ix_person_reach_{column}')
            batch_op.drop_column(column)

    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.alter_column('initials', existing_type=WORDS, type_=sa.String(length=60), existing_nullable=False)
        batch_op.add_column(sa.Column('phone_last4', sa.String(length=4), nullable=True))
    with op.batch_alter_table('person_identifier', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last4', sa.String(length=4), nullable=False, server_default=''))

    with op.batch_alter_table('certificate', schema=None) as batch_op:
        batch_op.drop_index('ix_certificate_unit_number')
