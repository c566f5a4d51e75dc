"""Volunteers: people and periods, teams, activities, hours, recognition, insurance, certificates of service

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


INSERT_ONLY = ('check_event', 'service_line', 'points_line', 'proof_line')


def make_insert_only(table: str) -> None:
    """The database itself refuses to change or delete rows of the table."""
    if op.get_bind().dialect.name == 'sqlite':
        for verb in ('UPDATE', 'DELETE'):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
            )
        return
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_insert_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is insert-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_insert_only()"
    )


def upgrade() -> None:
    op.create_table('volunteer_rule',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('admission', 'registration', 'active', 'stars', 'points', 'hours')", name=op.f('ck_volunteer_rule_kind')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volunteer_rule')),
    sa.UniqueConstraint('kind', 'version', name=op.f('uq_volunteer_rule_kind_version'))
    )
    op.create_table('insurance_policy',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('insurer', sa.String(length=120), nullable=False),
    sa.Column('number', sa.String(length=120), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_insurance_policy_dates')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_insurance_policy_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_policy'))
    )
    with op.batch_alter_table('insurance_policy', schema=None) as batch_op:
        batch_op.create_index('ix_insurance_policy_unit', ['unit_id', 'id'], unique=False)
        batch_op.create_index('uq_insurance_policy_number', ['insurer', 'number'], unique=True, sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))

    op.create_table('team',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('end_reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint('ended_on IS NULL OR ended_on >= starts_on', name=op.f('ck_team_ended')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_team_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_team'))
    )
    with op.batch_alter_table('team', schema=None) as batch_op:
        batch_op.create_index('ix_team_unit', ['unit_id', 'id'], unique=False)
        batch_op.create_index('uq_team_name', ['unit_id', 'name'], unique=True, sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))

    op.create_table('activity',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.String(length=120).with_variant(sa.String(length=120, collation='C'), 'postgresql'), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('team_id', sa.Integer(), nullable=True),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('place', sa.String(length=120), nullable=False),
    sa.Column('content', sa.String(length=200), nullable=False),
    sa.Column('responsible', sa.String(length=120), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('risky', sa.Boolean(), nullable=False),
    sa.Column('public', sa.Boolean(), nullable=False),
    sa.Column('sign_up_token', sa.String(length=22), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('state_reason', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('open', 'closed', 'cancelled')", name=op.f('ck_activity_state')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_activity_dates')),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_activity_team_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_activity_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity')),
    sa.UniqueConstraint('number', name=op.f('uq_activity_number')),
    sa.UniqueConstraint('sign_up_token', name=op.f('uq_activity_sign_up_token'))
    )
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.create_index('ix_activity_starts', ['starts_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_activity_team_id'), ['team_id'], unique=False)
        batch_op.create_index('ix_activity_unit_starts', ['unit_id', 'starts_on', 'id'], unique=False)

    op.create_table('volunteer',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=120).with_variant(sa.String(length=120, collation='C'), 'postgresql'), nullable=False),
    sa.Column('source', sa.String(length=8), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('available', sa.JSON(), nullable=False),
    sa.Column('guardian_name', sa.String(length=120), nullable=True),
    sa.Column('guardian_phone', sa.Text(), nullable=True),
    sa.Column('guardian_consent_on', sa.Date(), nullable=True),
    sa.Column('consent_on', sa.Date(), nullable=True),
    sa.Column('page_digest', sa.String(length=32), nullable=True),
    sa.Column('added_on', sa.Date(), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("source IN ('sign_up', 'staff', 'list', 'import')", name=op.f('ck_volunteer_source')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_volunteer_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_volunteer_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volunteer')),
    sa.UniqueConstraint('number', name=op.f('uq_volunteer_number')),
    sa.UniqueConstraint('page_digest', name=op.f('uq_volunteer_page_digest'))
    )
    with op.batch_alter_table('volunteer', schema=None) as batch_op:
        batch_op.create_index('ix_volunteer_unit', ['unit_id', 'id'], unique=False)
        batch_op.create_index('ix_volunteer_unit_number', ['unit_id', 'number'], unique=False)
        batch_op.create_index('uq_volunteer_person', ['person_id'], unique=True, sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))

    op.create_table('honour',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('given_by', sa.String(length=120), nullable=False),
    sa.Column('given_on', sa.Date(), nullable=False),
    sa.Column('document', sa.String(length=120), nullable=False),
    sa.Column('recorded_at', sa.DateTime(), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_honour_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_honour_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_honour_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_honour'))
    )
    with op.batch_alter_table('honour', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_honour_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_honour_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('ix_honour_volunteer', ['volunteer_id', 'given_on'], unique=False)

    op.create_table('insurance_cover',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('insurance_policy_id', sa.Integer(), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_insurance_cover_dates')),
    sa.ForeignKeyConstraint(['insurance_policy_id'], ['insurance_policy.id'], name=op.f('fk_insurance_cover_insurance_policy_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_insurance_cover_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_insurance_cover_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_insurance_cover_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_cover'))
    )
    with op.batch_alter_table('insurance_cover', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_insurance_cover_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_insurance_cover_policy', ['insurance_policy_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_insurance_cover_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('ix_insurance_cover_volunteer', ['volunteer_id', 'ends_on'], unique=False)

    op.create_table('service_proof',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.String(length=120).with_variant(sa.String(length=120, collation='C'), 'postgresql'), nullable=False),
    sa.Column('token', sa.String(length=22), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('handled_by', sa.String(length=120), nullable=False),
    sa.Column('responsible', sa.String(length=120), nullable=False),
    sa.Column('origin', sa.String(length=8), nullable=False),
    sa.Column('template_version', sa.String(length=40), nullable=False),
    sa.Column('snapshot', sa.Text(), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint("origin IN ('phone', 'staff')", name=op.f('ck_service_proof_origin')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_service_proof_dates')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_service_proof_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_service_proof_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_service_proof_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_proof')),
    sa.UniqueConstraint('number', name=op.f('uq_service_proof_number')),
    sa.UniqueConstraint('token', name=op.f('uq_service_proof_token'))
    )
    with op.batch_alter_table('service_proof', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_proof_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_service_proof_unit', ['unit_id', 'issued_on', 'id'], unique=False)
        batch_op.create_index('ix_service_proof_volunteer', ['volunteer_id', 'id'], unique=False)

    op.create_table('shift',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('starts', sa.Integer(), nullable=False),
    sa.Column('ends', sa.Integer(), nullable=False),
    sa.Column('needed', sa.Integer(), nullable=False),
    sa.Column('places_taken', sa.Integer(), nullable=False),
    sa.Column('credential_type_id', sa.Integer(), nullable=True),
    sa.Column('min_age', sa.Integer(), nullable=True),
    sa.Column('check_secret', sa.String(length=22), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint('needed > 0 AND places_taken >= 0 AND places_taken <= needed', name=op.f('ck_shift_places')),
    sa.CheckConstraint('starts >= 0 AND ends > starts AND ends <= 1440', name=op.f('ck_shift_times')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_shift_activity_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['credential_type_id'], ['credential_type.id'], name=op.f('fk_shift_credential_type_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_shift_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shift'))
    )
    with op.batch_alter_table('shift', schema=None) as batch_op:
        batch_op.create_index('ix_shift_activity', ['activity_id', 'held_on', 'starts'], unique=False)
        batch_op.create_index('ix_shift_held', ['held_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_shift_unit_id'), ['unit_id'], unique=False)

    op.create_table('sign_up',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=True),
    sa.Column('values', sa.Text(), nullable=False),
    sa.Column('number_hash', sa.String(length=32), nullable=True),
    sa.Column('receipt_digest', sa.String(length=32), nullable=False),
    sa.Column('minor', sa.Boolean(), nullable=False),
    sa.Column('signed_up_at', sa.DateTime(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decision_reason', sa.String(length=200), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'approved', 'rejected', 'withdrawn')", name=op.f('ck_sign_up_state')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_sign_up_activity_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_sign_up_decided_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_sign_up_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_sign_up_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_up')),
    sa.UniqueConstraint('receipt_digest', name=op.f('uq_sign_up_receipt_digest'))
    )
    with op.batch_alter_table('sign_up', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_up_activity_id'), ['activity_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sign_up_decided_by'), ['decided_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_sign_up_number_hash'), ['number_hash'], unique=False)
        batch_op.create_index('ix_sign_up_unit', ['unit_id', 'state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sign_up_volunteer_id'), ['volunteer_id'], unique=False)

    op.create_table('star_award',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('volunteer_rule_id', sa.Integer(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('published_on', sa.Date(), nullable=False),
    sa.Column('published_until', sa.Date(), nullable=False),
    sa.Column('published_by', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_on', sa.Date(), nullable=True),
    sa.Column('decision_reason', sa.String(length=200), nullable=False),
    sa.Column('document', sa.String(length=120), nullable=False),
    sa.CheckConstraint("state IN ('published', 'awarded', 'rejected', 'withdrawn')", name=op.f('ck_star_award_state')),
    sa.CheckConstraint('level > 0', name=op.f('ck_star_award_level')),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_star_award_decided_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_star_award_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['published_by'], ['user.id'], name=op.f('fk_star_award_published_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_star_award_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_star_award_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_rule_id'], ['volunteer_rule.id'], name=op.f('fk_star_award_volunteer_rule_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_star_award'))
    )
    with op.batch_alter_table('star_award', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_star_award_decided_by'), ['decided_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_star_award_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_star_award_published_by'), ['published_by'], unique=False)
        batch_op.create_index('ix_star_award_unit', ['unit_id', 'state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_star_award_volunteer_id'), ['volunteer_id'], unique=False)
        batch_op.create_index('uq_star_award_level', ['volunteer_id', 'level'], unique=True, sqlite_where=sa.text("state IN ('published', 'awarded')"), postgresql_where=sa.text("state IN ('published', 'awarded')"))

    op.create_table('team_membership',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('team_id', sa.Integer(), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('leader', sa.Boolean(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('end_reason', sa.String(length=200), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint('ended_on IS NULL OR ended_on >= starts_on', name=op.f('ck_team_membership_ended')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_team_membership_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_team_membership_team_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_team_membership_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_team_membership_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_team_membership'))
    )
    with op.batch_alter_table('team_membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_team_membership_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_team_membership_team', ['team_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_team_membership_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('ix_team_membership_volunteer', ['volunteer_id', 'team_id'], unique=False)
        batch_op.create_index('uq_team_membership_open', ['team_id', 'volunteer_id'], unique=True, sqlite_where=sa.text('ended_on IS NULL AND voided_at IS NULL'), postgresql_where=sa.text('ended_on IS NULL AND voided_at IS NULL'))

    op.create_table('volunteer_period',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('document', sa.String(length=120), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint("kind IN ('enrolled', 'registered', 'leave', 'suspended', 'left')", name=op.f('ck_volunteer_period_kind')),
    sa.CheckConstraint('ended_on IS NULL OR ended_on > starts_on', name=op.f('ck_volunteer_period_ended')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_volunteer_period_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_volunteer_period_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_volunteer_period_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volunteer_period'))
    )
    with op.batch_alter_table('volunteer_period', schema=None) as batch_op:
        batch_op.create_index('ix_volunteer_period_person', ['person_id', 'starts_on'], unique=False)
        batch_op.create_index('ix_volunteer_period_unit', ['unit_id', 'kind', 'volunteer_id', 'starts_on', 'ended_on'], unique=False)
        batch_op.create_index('ix_volunteer_period_volunteer', ['volunteer_id', 'starts_on'], unique=False)
        batch_op.create_index('uq_volunteer_period_open', ['volunteer_id'], unique=True, sqlite_where=sa.text('ended_on IS NULL AND voided_at IS NULL'), postgresql_where=sa.text('ended_on IS NULL AND voided_at IS NULL'))
        batch_op.create_index('uq_volunteer_period_start', ['volunteer_id', 'starts_on'], unique=True, sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))

    op.create_table('booking',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('shift_id', sa.Integer(), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('source', sa.String(length=8), nullable=False),
    sa.Column('booked_at', sa.DateTime(), nullable=False),
    sa.Column('left_at', sa.DateTime(), nullable=True),
    sa.Column('left_reason', sa.String(length=200), nullable=False),
    sa.Column('swapped_for_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("source IN ('phone', 'staff')", name=op.f('ck_booking_source')),
    sa.CheckConstraint("state IN ('booked', 'waiting', 'withdrawn', 'swapped')", name=op.f('ck_booking_state')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_booking_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['shift_id'], ['shift.id'], name=op.f('fk_booking_shift_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['swapped_for_id'], ['booking.id'], name=op.f('fk_booking_swapped_for_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_booking_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_booking_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_booking'))
    )
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_booking_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_booking_shift', ['shift_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_booking_swapped_for_id'), ['swapped_for_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_booking_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('ix_booking_volunteer', ['volunteer_id', 'id'], unique=False)
        batch_op.create_index('uq_booking_volunteer', ['shift_id', 'volunteer_id'], unique=True, sqlite_where=sa.text("state IN ('booked', 'waiting')"), postgresql_where=sa.text("state IN ('booked', 'waiting')"))

    op.create_table('check_event',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('client_key', sa.String(length=64), nullable=False),
    sa.Column('shift_id', sa.Integer(), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=4), nullable=False),
    sa.Column('occurred_at', sa.DateTime(), nullable=False),
    sa.Column('received_at', sa.DateTime(), nullable=False),
    sa.Column('method', sa.String(length=8), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint("kind IN ('in', 'out', 'void')", name=op.f('ck_check_event_kind')),
    sa.CheckConstraint("method IN ('qr', 'list', 'offline')", name=op.f('ck_check_event_method')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_check_event_by_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_check_event_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['shift_id'], ['shift.id'], name=op.f('fk_check_event_shift_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_check_event_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_check_event_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_event')),
    sa.UniqueConstraint('client_key', name=op.f('uq_check_event_client_key'))
    )
    with op.batch_alter_table('check_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_check_event_by_id'), ['by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_check_event_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_check_event_shift', ['shift_id', 'volunteer_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_check_event_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_check_event_volunteer_id'), ['volunteer_id'], unique=False)

    op.create_table('registration_application',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('volunteer_rule_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('applied_by', sa.Integer(), nullable=True),
    sa.Column('applied_at', sa.DateTime(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decision_reason', sa.String(length=200), nullable=False),
    sa.Column('document', sa.String(length=120), nullable=False),
    sa.Column('volunteer_period_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'approved', 'rejected')", name=op.f('ck_registration_application_state')),
    sa.ForeignKeyConstraint(['applied_by'], ['user.id'], name=op.f('fk_registration_application_applied_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_registration_application_decided_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_registration_application_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_registration_application_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_registration_application_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_period_id'], ['volunteer_period.id'], name=op.f('fk_registration_application_volunteer_period_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_rule_id'], ['volunteer_rule.id'], name=op.f('fk_registration_application_volunteer_rule_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_application'))
    )
    with op.batch_alter_table('registration_application', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_registration_application_applied_by'), ['applied_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_registration_application_decided_by'), ['decided_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_registration_application_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_registration_application_unit', ['unit_id', 'state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_registration_application_volunteer_id'), ['volunteer_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_registration_application_volunteer_period_id'), ['volunteer_period_id'], unique=False)
        batch_op.create_index('uq_registration_application_waiting', ['volunteer_id'], unique=True, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.create_table('service_entry',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=True),
    sa.Column('shift_id', sa.Integer(), nullable=True),
    sa.Column('team_id', sa.Integer(), nullable=True),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.Column('served_on', sa.Date(), nullable=False),
    sa.Column('starts', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('content', sa.String(length=200), nullable=False),
    sa.Column('source', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('submitted_by', sa.Integer(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decision_reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint("source IN ('check', 'grid', 'claim', 'import')", name=op.f('ck_service_entry_source')),
    sa.CheckConstraint("state IN ('submitted', 'approved', 'rejected', 'withdrawn')", name=op.f('ck_service_entry_state')),
    sa.CheckConstraint('minutes > 0 AND starts >= 0 AND starts + minutes <= 1440', name=op.f('ck_service_entry_times')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_service_entry_activity_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_service_entry_decided_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_service_entry_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['shift_id'], ['shift.id'], name=op.f('fk_service_entry_shift_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['submitted_by'], ['user.id'], name=op.f('fk_service_entry_submitted_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_service_entry_team_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_service_entry_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_service_entry_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_entry'))
    )
    with op.batch_alter_table('service_entry', schema=None) as batch_op:
        batch_op.create_index('ix_service_entry_activity', ['activity_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_entry_decided_by'), ['decided_by'], unique=False)
        batch_op.create_index('ix_service_entry_person', ['person_id', 'served_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_entry_shift_id'), ['shift_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_entry_submitted_by'), ['submitted_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_entry_team_id'), ['team_id'], unique=False)
        batch_op.create_index('ix_service_entry_state', ['state', 'served_on', 'id'], unique=False)
        batch_op.create_index('ix_service_entry_unit', ['unit_id', 'state', 'served_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_entry_volunteer_id'), ['volunteer_id'], unique=False)
        batch_op.create_index('uq_service_entry_start', ['person_id', 'served_on', 'starts'], unique=True, sqlite_where=sa.text("state IN ('submitted', 'approved')"), postgresql_where=sa.text("state IN ('submitted', 'approved')"))

    op.create_table('service_line',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('service_entry_id', sa.Integer(), nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=True),
    sa.Column('team_id', sa.Integer(), nullable=True),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.Column('served_on', sa.Date(), nullable=False),
    sa.Column('starts', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('active_until', sa.Date(), nullable=False),
    sa.Column('posted_on', sa.Date(), nullable=False),
    sa.Column('reverses_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint('(reverses_id IS NULL AND minutes > 0) OR (reverses_id IS NOT NULL AND minutes < 0)', name=op.f('ck_service_line_minutes')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_service_line_activity_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_service_line_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['reverses_id'], ['service_line.id'], name=op.f('fk_service_line_reverses_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['service_entry_id'], ['service_entry.id'], name=op.f('fk_service_line_service_entry_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_service_line_team_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_service_line_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_service_line_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_line'))
    )
    with op.batch_alter_table('service_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_line_activity_id'), ['activity_id'], unique=False)
        batch_op.create_index('ix_service_line_entry', ['service_entry_id', 'id'], unique=False)
        batch_op.create_index('ix_service_line_person', ['person_id', 'served_on', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_line_team_id'), ['team_id'], unique=False)
        batch_op.create_index('ix_service_line_unit', ['unit_id', 'served_on', 'id'], unique=False)
        batch_op.create_index('uq_service_line_reverses', ['reverses_id'], unique=True, sqlite_where=sa.text('reverses_id IS NOT NULL'), postgresql_where=sa.text('reverses_id IS NOT NULL'))

    op.create_table('points_line',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('volunteer_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('shortfall', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('service_line_id', sa.Integer(), nullable=True),
    sa.Column('volunteer_rule_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("kind IN ('earn', 'reverse', 'settle', 'redeem', 'expire', 'adjust')", name=op.f('ck_points_line_kind')),
    sa.CheckConstraint('shortfall >= 0', name=op.f('ck_points_line_shortfall')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_points_line_by_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_points_line_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['service_line_id'], ['service_line.id'], name=op.f('fk_points_line_service_line_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_points_line_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteer.id'], name=op.f('fk_points_line_volunteer_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['volunteer_rule_id'], ['volunteer_rule.id'], name=op.f('fk_points_line_volunteer_rule_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_points_line'))
    )
    with op.batch_alter_table('points_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_points_line_by_id'), ['by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_points_line_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_points_line_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('ix_points_line_volunteer', ['volunteer_id', 'id'], unique=False)
        batch_op.create_index('uq_points_line_earned', ['service_line_id'], unique=True, sqlite_where=sa.text('service_line_id IS NOT NULL'), postgresql_where=sa.text('service_line_id IS NOT NULL'))

    op.create_table('proof_line',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('service_proof_id', sa.Integer(), nullable=False),
    sa.Column('service_line_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['service_line_id'], ['service_line.id'], name=op.f('fk_proof_line_service_line_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['service_proof_id'], ['service_proof.id'], name=op.f('fk_proof_line_service_proof_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proof_line'))
    )
    with op.batch_alter_table('proof_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proof_line_service_line_id'), ['service_line_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_proof_line_service_proof_id'), ['service_proof_id'], unique=False)

    for table in INSERT_ONLY:
        make_insert_only(table)


def downgrade() -> None:
    with op.batch_alter_table('proof_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_proof_line_service_proof_id'))
        batch_op.drop_index(batch_op.f('ix_proof_line_service_line_id'))

    op.drop_table('proof_line')
    with op.batch_alter_table('points_line', schema=None) as batch_op:
        batch_op.drop_index('uq_points_line_earned', sqlite_where=sa.text('service_line_id IS NOT NULL'), postgresql_where=sa.text('service_line_id IS NOT NULL'))
        batch_op.drop_index('ix_points_line_volunteer')
        batch_op.drop_index(batch_op.f('ix_points_line_unit_id'))
        batch_op.drop_index(batch_op.f('ix_points_line_person_id'))
        batch_op.drop_index(batch_op.f('ix_points_line_by_id'))

    op.drop_table('points_line')
    with op.batch_alter_table('service_line', schema=None) as batch_op:
        batch_op.drop_index('uq_service_line_reverses', sqlite_where=sa.text('reverses_id IS NOT NULL'), postgresql_where=sa.text('reverses_id IS NOT NULL'))
        batch_op.drop_index('ix_service_line_unit')
        batch_op.drop_index(batch_op.f('ix_service_line_team_id'))
        batch_op.drop_index('ix_service_line_person')
        batch_op.drop_index('ix_service_line_entry')
        batch_op.drop_index(batch_op.f('ix_service_line_activity_id'))

    op.drop_table('service_line')
    with op.batch_alter_table('service_entry', schema=None) as batch_op:
        batch_op.drop_index('uq_service_entry_start', sqlite_where=sa.text("state IN ('submitted', 'approved')"), postgresql_where=sa.text("state IN ('submitted', 'approved')"))
        batch_op.drop_index(batch_op.f('ix_service_entry_volunteer_id'))
        batch_op.drop_index('ix_service_entry_unit')
        batch_op.drop_index(batch_op.f('ix_service_entry_team_id'))
        batch_op.drop_index(batch_op.f('ix_service_entry_submitted_by'))
        batch_op.drop_index('ix_service_entry_state')
        batch_op.drop_index(batch_op.f('ix_service_entry_shift_id'))
        batch_op.drop_index('ix_service_entry_person')
        batch_op.drop_index(batch_op.f('ix_service_entry_decided_by'))
        batch_op.drop_index('ix_service_entry_activity')

    op.drop_table('service_entry')
    with op.batch_alter_table('registration_application', schema=None) as batch_op:
        batch_op.drop_index('uq_registration_application_waiting', sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
        batch_op.drop_index(batch_op.f('ix_registration_application_volunteer_period_id'))
        batch_op.drop_index(batch_op.f('ix_registration_application_volunteer_id'))
        batch_op.drop_index('ix_registration_application_unit')
        batch_op.drop_index(batch_op.f('ix_registration_application_person_id'))
        batch_op.drop_index(batch_op.f('ix_registration_application_decided_by'))
        batch_op.drop_index(batch_op.f('ix_registration_application_applied_by'))

    op.drop_table('registration_application')
    with op.batch_alter_table('check_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_check_event_volunteer_id'))
        batch_op.drop_index(batch_op.f('ix_check_event_unit_id'))
        batch_op.drop_index('ix_check_event_shift')
        batch_op.drop_index(batch_op.f('ix_check_event_person_id'))
        batch_op.drop_index(batch_op.f('ix_check_event_by_id'))

    op.drop_table('check_event')
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.drop_index('uq_booking_volunteer', sqlite_where=sa.text("state IN ('booked', 'waiting')"), postgresql_where=sa.text("state IN ('booked', 'waiting')"))
        batch_op.drop_index('ix_booking_volunteer')
        batch_op.drop_index(batch_op.f('ix_booking_unit_id'))
        batch_op.drop_index(batch_op.f('ix_booking_swapped_for_id'))
        batch_op.drop_index('ix_booking_shift')
        batch_op.drop_index(batch_op.f('ix_booking_person_id'))

    op.drop_table('booking')
    with op.batch_alter_table('volunteer_period', schema=None) as batch_op:
        batch_op.drop_index('uq_volunteer_period_start', sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))
        batch_op.drop_index('uq_volunteer_period_open', sqlite_where=sa.text('ended_on IS NULL AND voided_at IS NULL'), postgresql_where=sa.text('ended_on IS NULL AND voided_at IS NULL'))
        batch_op.drop_index('ix_volunteer_period_volunteer')
        batch_op.drop_index('ix_volunteer_period_unit')
        batch_op.drop_index('ix_volunteer_period_person')

    op.drop_table('volunteer_period')
    with op.batch_alter_table('team_membership', schema=None) as batch_op:
        batch_op.drop_index('uq_team_membership_open', sqlite_where=sa.text('ended_on IS NULL AND voided_at IS NULL'), postgresql_where=sa.text('ended_on IS NULL AND voided_at IS NULL'))
        batch_op.drop_index('ix_team_membership_volunteer')
        batch_op.drop_index(batch_op.f('ix_team_membership_unit_id'))
        batch_op.drop_index('ix_team_membership_team')
        batch_op.drop_index(batch_op.f('ix_team_membership_person_id'))

    op.drop_table('team_membership')
    with op.batch_alter_table('star_award', schema=None) as batch_op:
        batch_op.drop_index('uq_star_award_level', sqlite_where=sa.text("state IN ('published', 'awarded')"), postgresql_where=sa.text("state IN ('published', 'awarded')"))
        batch_op.drop_index(batch_op.f('ix_star_award_volunteer_id'))
        batch_op.drop_index('ix_star_award_unit')
        batch_op.drop_index(batch_op.f('ix_star_award_published_by'))
        batch_op.drop_index(batch_op.f('ix_star_award_person_id'))
        batch_op.drop_index(batch_op.f('ix_star_award_decided_by'))

    op.drop_table('star_award')
    with op.batch_alter_table('sign_up', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_up_volunteer_id'))
        batch_op.drop_index('ix_sign_up_unit')
        batch_op.drop_index(batch_op.f('ix_sign_up_number_hash'))
        batch_op.drop_index(batch_op.f('ix_sign_up_decided_by'))
        batch_op.drop_index(batch_op.f('ix_sign_up_activity_id'))

    op.drop_table('sign_up')
    with op.batch_alter_table('shift', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_shift_unit_id'))
        batch_op.drop_index('ix_shift_held')
        batch_op.drop_index('ix_shift_activity')

    op.drop_table('shift')
    with op.batch_alter_table('service_proof', schema=None) as batch_op:
        batch_op.drop_index('ix_service_proof_volunteer')
        batch_op.drop_index('ix_service_proof_unit')
        batch_op.drop_index(batch_op.f('ix_service_proof_person_id'))

    op.drop_table('service_proof')
    with op.batch_alter_table('insurance_cover', schema=None) as batch_op:
        batch_op.drop_index('ix_insurance_cover_volunteer')
        batch_op.drop_index(batch_op.f('ix_insurance_cover_unit_id'))
        batch_op.drop_index('ix_insurance_cover_policy')
        batch_op.drop_index(batch_op.f('ix_insurance_cover_person_id'))

    op.drop_table('insurance_cover')
    with op.batch_alter_table('honour', schema=None) as batch_op:
        batch_op.drop_index('ix_honour_volunteer')
        batch_op.drop_index(batch_op.f('ix_honour_unit_id'))
        batch_op.drop_index(batch_op.f('ix_honour_person_id'))

    op.drop_table('honour')
    with op.batch_alter_table('volunteer', schema=None) as batch_op:
        batch_op.drop_index('uq_volunteer_person', sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))
        batch_op.drop_index('ix_volunteer_unit_number')
        batch_op.drop_index('ix_volunteer_unit')

    op.drop_table('volunteer')
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.drop_index('ix_activity_unit_starts')
        batch_op.drop_index(batch_op.f('ix_activity_team_id'))
        batch_op.drop_index('ix_activity_starts')

    op.drop_table('activity')
    with op.batch_alter_table('team', schema=None) as batch_op:
        batch_op.drop_index('uq_team_name', sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))
        batch_op.drop_index('ix_team_unit')

    op.drop_table('team')
    with op.batch_alter_table('insurance_policy', schema=None) as batch_op:
        batch_op.drop_index('uq_insurance_policy_number', sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))
        batch_op.drop_index('ix_insurance_policy_unit')

    op.drop_table('insurance_policy')
    op.drop_table('volunteer_rule')
    if op.get_bind().dialect.name == 'postgresql':
        for table in INSERT_ONLY:
            op.execute(f'DROP FUNCTION {table}_insert_only()')
