"""The first tables, with the triggers that keep insert-only tables insert-only.

Revision ID: 0001
Revises: 
"""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


INSERT_ONLY = ("journal_entry", "journal_line", "certificate_event", "attendance_event", "assessment")


def make_insert_only(table: str) -> None:
    """The database itself refuses to change or delete rows of the table."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
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
    op.create_table('clock',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('head', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('last_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_clock_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock'))
    )
    op.create_table('course_type',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('name_en', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_type')),
    sa.UniqueConstraint('code', name=op.f('uq_course_type_code'))
    )
    op.create_table('credential_type',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('name_en', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credential_type')),
    sa.UniqueConstraint('code', name=op.f('uq_credential_type_code'))
    )
    op.create_table('form_key',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('endpoint', sa.String(length=40), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('location', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('user_id', 'endpoint', 'key', name=op.f('pk_form_key'))
    )
    with op.batch_alter_table('form_key', schema=None) as batch_op:
        batch_op.create_index('ix_form_key_saved_at', ['saved_at'], unique=False)

    op.create_table('indicator_state',
    sa.Column('indicator', sa.String(length=40), nullable=False),
    sa.Column('definition_hash', sa.String(length=64), nullable=False),
    sa.Column('built_seq', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('indicator', name=op.f('pk_indicator_state'))
    )
    op.create_table('journal_entry',
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('unit_id', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('line_count', sa.Integer(), nullable=False),
    sa.Column('lines_digest', sa.String(length=64), nullable=False),
    sa.Column('figures_digest', sa.String(length=64), nullable=False),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_journal_entry'))
    )
    with op.batch_alter_table('journal_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_entry_actor_id'), ['actor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_journal_entry_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_journal_entry_unit_id'), ['unit_id'], unique=False)

    op.create_table('journal_line',
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('table_name', sa.String(length=40), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('op', sa.String(length=8), nullable=False),
    sa.Column('changes', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('seq', 'number', name=op.f('pk_journal_line'))
    )
    with op.batch_alter_table('journal_line', schema=None) as batch_op:
        batch_op.create_index('ix_journal_line_record', ['table_name', 'record_id'], unique=False)

    op.create_table('person_key',
    sa.Column('person_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sealed_key', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_person_key'))
    )
    op.create_table('preference',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('user_id', 'key', name=op.f('pk_preference'))
    )
    op.create_table('setting_value',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('known_seq', sa.Integer(), nullable=False),
    sa.Column('void_seq', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_setting_value')),
    sa.UniqueConstraint('key', 'known_seq', name=op.f('uq_setting_value_key_known_seq'))
    )
    op.create_table('throttle',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('window_start', sa.DateTime(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_throttle'))
    )
    op.create_table('unit',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=12), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('name_en', sa.String(length=120), nullable=False),
    sa.Column('level', sa.String(length=12), nullable=False),
    sa.Column('sort_key', sa.String(length=40), nullable=False),
    sa.CheckConstraint("level IN ('province', 'prefecture', 'county')", name=op.f('ck_unit_level')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit')),
    sa.UniqueConstraint('code', name=op.f('uq_unit_code'))
    )
    op.create_table('web_session',
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('seen_at', sa.DateTime(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(), nullable=True),
    sa.Column('step_up_at', sa.DateTime(), nullable=True),
    sa.Column('agent', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_web_session'))
    )
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_web_session_user_id'), ['user_id'], unique=False)

    op.create_table('cell',
    sa.Column('indicator', sa.String(length=40), nullable=False),
    sa.Column('unit_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_cell_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('indicator', 'unit_id', 'day', name=op.f('pk_cell'))
    )
    op.create_table('contribution',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('indicator', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('known_seq', sa.Integer(), nullable=False),
    sa.Column('void_seq', sa.Integer(), nullable=True),
    sa.CheckConstraint('ends_on IS NULL OR ends_on >= starts_on', name=op.f('ck_contribution_dates')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_contribution_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contribution'))
    )
    with op.batch_alter_table('contribution', schema=None) as batch_op:
        batch_op.create_index('ix_contribution_start', ['indicator', 'starts_on', 'id'], unique=False)
        batch_op.create_index('ix_contribution_subject', ['indicator', 'subject_id'], unique=False)
        batch_op.create_index('ix_contribution_unit', ['indicator', 'unit_id', 'starts_on', 'ends_on'], unique=False)

    op.create_table('course_type_version',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('course_type_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('class_hours', sa.Integer(), nullable=False),
    sa.Column('class_hour_minutes', sa.Integer(), nullable=False),
    sa.Column('max_absent_minutes', sa.Integer(), nullable=False),
    sa.Column('theory_pass', sa.Integer(), nullable=True),
    sa.Column('practical_items', sa.JSON(), nullable=False),
    sa.Column('session_plan', sa.JSON(), nullable=False),
    sa.Column('min_age', sa.Integer(), nullable=True),
    sa.Column('max_trainees', sa.Integer(), nullable=False),
    sa.Column('credential_type_id', sa.Integer(), nullable=True),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['course_type_id'], ['course_type.id'], name=op.f('fk_course_type_version_course_type_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['credential_type_id'], ['credential_type.id'], name=op.f('fk_course_type_version_credential_type_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_type_version')),
    sa.UniqueConstraint('course_type_id', 'version', name=op.f('uq_course_type_version_course_type_id_version'))
    )
    op.create_table('credential_rule',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('credential_type_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('validity_months', sa.Integer(), nullable=True),
    sa.Column('last_day', sa.String(length=12), nullable=False),
    sa.Column('number_template', sa.String(length=80), nullable=False),
    sa.Column('template_version', sa.String(length=40), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.CheckConstraint("last_day IN ('day_before', 'same_day')", name=op.f('ck_credential_rule_last_day')),
    sa.ForeignKeyConstraint(['credential_type_id'], ['credential_type.id'], name=op.f('fk_credential_rule_credential_type_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credential_rule')),
    sa.UniqueConstraint('credential_type_id', 'version', name=op.f('uq_credential_rule_credential_type_id_version'))
    )
    op.create_table('month_cell',
    sa.Column('indicator', sa.String(length=40), nullable=False),
    sa.Column('unit_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_month_cell_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('indicator', 'unit_id', 'month', name=op.f('pk_month_cell'))
    )
    op.create_table('number_counter',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('credential_type_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('next_serial', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['credential_type_id'], ['credential_type.id'], name=op.f('fk_number_counter_credential_type_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_number_counter_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_number_counter')),
    sa.UniqueConstraint('credential_type_id', 'unit_id', 'year', name=op.f('uq_number_counter_credential_type_id_unit_id_year'))
    )
    with op.batch_alter_table('number_counter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_number_counter_unit_id'), ['unit_id'], unique=False)

    op.create_table('person',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('canonical_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120).with_variant(sa.String(length=120, collation='C'), 'postgresql'), nullable=False),
    sa.Column('pinyin', sa.String(length=120).with_variant(sa.String(length=120, collation='C'), 'postgresql'), nullable=False),
    sa.Column('initials', sa.String(length=60), nullable=False),
    sa.Column('sex', sa.String(length=6), nullable=True),
    sa.Column('birth_on', sa.Date(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('phone_hash', sa.String(length=32), nullable=True),
    sa.Column('phone_last4', sa.String(length=4), nullable=True),
    sa.Column('employer', sa.String(length=120), nullable=False),
    sa.Column('occupation', sa.String(length=60), nullable=False),
    sa.Column('education', sa.String(length=30), nullable=False),
    sa.Column('home_unit_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.CheckConstraint("sex IS NULL OR sex IN ('male', 'female')", name=op.f('ck_person_sex')),
    sa.CheckConstraint("state IN ('active', 'merged', 'void', 'erased')", name=op.f('ck_person_state')),
    sa.ForeignKeyConstraint(['canonical_id'], ['person.id'], name=op.f('fk_person_canonical_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['home_unit_id'], ['unit.id'], name=op.f('fk_person_home_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_canonical_id'), ['canonical_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_home_unit_id'), ['home_unit_id'], unique=False)
        batch_op.create_index('ix_person_initials', ['initials', 'id'], unique=False)
        batch_op.create_index('ix_person_name', ['name', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_phone_hash'), ['phone_hash'], unique=False)
        batch_op.create_index('ix_person_pinyin', ['pinyin', 'id'], unique=False)

    op.create_table('unit_code',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_unit_code_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_code')),
    sa.UniqueConstraint('code', name=op.f('uq_unit_code_code'))
    )
    with op.batch_alter_table('unit_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_unit_code_unit_id'), ['unit_id'], unique=False)

    op.create_table('unit_parent',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('known_seq', sa.Integer(), nullable=False),
    sa.Column('void_seq', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['parent_id'], ['unit.id'], name=op.f('fk_unit_parent_parent_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_unit_parent_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_parent'))
    )
    with op.batch_alter_table('unit_parent', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_unit_parent_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_unit_parent_unit_id'), ['unit_id'], unique=False)

    op.create_table('user',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('username', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('home_unit_id', sa.Integer(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('password_changed_at', sa.DateTime(), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('totp_secret', sa.Text(), nullable=True),
    sa.Column('totp_last_step', sa.Integer(), nullable=False),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['home_unit_id'], ['unit.id'], name=op.f('fk_user_home_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user')),
    sa.UniqueConstraint('username', name=op.f('uq_user_username'))
    )
    with op.batch_alter_table('user', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_home_unit_id'), ['home_unit_id'], unique=False)

    op.create_table('certificate_batch',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('credential_type_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('prepared_by', sa.Integer(), nullable=True),
    sa.Column('prepared_at', sa.DateTime(), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decision_reason', sa.Text(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.CheckConstraint("state IN ('prepared', 'issued', 'rejected')", name=op.f('ck_certificate_batch_state')),
    sa.ForeignKeyConstraint(['credential_type_id'], ['credential_type.id'], name=op.f('fk_certificate_batch_credential_type_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_certificate_batch_decided_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['prepared_by'], ['user.id'], name=op.f('fk_certificate_batch_prepared_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_certificate_batch_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate_batch'))
    )
    with op.batch_alter_table('certificate_batch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_certificate_batch_credential_type_id'), ['credential_type_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_certificate_batch_decided_by'), ['decided_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_certificate_batch_prepared_by'), ['prepared_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_certificate_batch_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_certificate_batch_unit_id'), ['unit_id'], unique=False)

    op.create_table('course',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('course_type_version_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('venue', sa.String(length=120), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('seats_taken', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('state_reason', sa.Text(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.CheckConstraint("state IN ('open', 'closed', 'cancelled')", name=op.f('ck_course_state')),
    sa.CheckConstraint('capacity > 0 AND seats_taken <= capacity', name=op.f('ck_course_seats')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_course_dates')),
    sa.ForeignKeyConstraint(['course_type_version_id'], ['course_type_version.id'], name=op.f('fk_course_course_type_version_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_course_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course')),
    sa.UniqueConstraint('number', name=op.f('uq_course_number'))
    )
    with op.batch_alter_table('course', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_course_course_type_version_id'), ['course_type_version_id'], unique=False)
        batch_op.create_index('ix_course_starts', ['starts_on', 'id'], unique=False)
        batch_op.create_index('ix_course_unit_starts', ['unit_id', 'starts_on', 'id'], unique=False)

    op.create_table('person_identifier',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('value_hash', sa.String(length=32), nullable=False),
    sa.Column('last4', sa.String(length=4), nullable=False),
    sa.Column('masked', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_person_identifier_person_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_identifier'))
    )
    with op.batch_alter_table('person_identifier', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_identifier_person_id'), ['person_id'], unique=False)
        batch_op.create_index('uq_person_identifier_hash', ['kind', 'value_hash'], unique=True)

    op.create_table('person_merge',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('loser_id', sa.Integer(), nullable=False),
    sa.Column('winner_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('preview', sa.JSON(), nullable=False),
    sa.Column('merged_at', sa.DateTime(), nullable=False),
    sa.Column('merged_by', sa.Integer(), nullable=True),
    sa.Column('undone_at', sa.DateTime(), nullable=True),
    sa.Column('undone_by', sa.Integer(), nullable=True),
    sa.Column('undo_reason', sa.Text(), nullable=True),
    sa.CheckConstraint('loser_id <> winner_id', name=op.f('ck_person_merge_two')),
    sa.ForeignKeyConstraint(['loser_id'], ['person.id'], name=op.f('fk_person_merge_loser_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['merged_by'], ['user.id'], name=op.f('fk_person_merge_merged_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['undone_by'], ['user.id'], name=op.f('fk_person_merge_undone_by'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['winner_id'], ['person.id'], name=op.f('fk_person_merge_winner_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_merge'))
    )
    with op.batch_alter_table('person_merge', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_merge_loser_id'), ['loser_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_merge_merged_by'), ['merged_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_merge_undone_by'), ['undone_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_merge_winner_id'), ['winner_id'], unique=False)

    op.create_table('person_reach',
    sa.Column('person_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('unit_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_person_reach_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_person_reach_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('person_id', 'unit_id', name=op.f('pk_person_reach'))
    )
    with op.batch_alter_table('person_reach', schema=None) as batch_op:
        batch_op.create_index('ix_person_reach_unit', ['unit_id', 'person_id'], unique=False)

    op.create_table('role_grant',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=30), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.CheckConstraint('ends_on IS NULL OR ends_on >= starts_on', name=op.f('ck_role_grant_dates')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_role_grant_unit_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_role_grant_user_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant'))
    )
    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_role_grant_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('ix_role_grant_user', ['user_id', 'role'], unique=False)
        batch_op.create_index(batch_op.f('ix_role_grant_user_id'), ['user_id'], unique=False)

    op.create_table('certificate',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('credential_type_id', sa.Integer(), nullable=False),
    sa.Column('credential_rule_id', sa.Integer(), nullable=True),
    sa.Column('number', sa.String(length=120).with_variant(sa.String(length=120, collation='C'), 'postgresql'), nullable=False),
    sa.Column('token', sa.String(length=22), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('end_reason', sa.String(length=200), nullable=True),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=True),
    sa.Column('replaces_id', sa.Integer(), nullable=True),
    sa.Column('origin', sa.String(length=8), nullable=False),
    sa.Column('template_version', sa.String(length=40), nullable=False),
    sa.Column('snapshot', sa.Text(), nullable=False),
    sa.CheckConstraint("origin IN ('issued', 'legacy')", name=op.f('ck_certificate_origin')),
    sa.CheckConstraint('ended_on IS NULL OR ended_on >= issued_on', name=op.f('ck_certificate_ended')),
    sa.CheckConstraint('valid_until IS NULL OR valid_until >= valid_from', name=op.f('ck_certificate_validity')),
    sa.ForeignKeyConstraint(['batch_id'], ['certificate_batch.id'], name=op.f('fk_certificate_batch_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['credential_rule_id'], ['credential_rule.id'], name=op.f('fk_certificate_credential_rule_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['credential_type_id'], ['credential_type.id'], name=op.f('fk_certificate_credential_type_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_certificate_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['replaces_id'], ['certificate.id'], name=op.f('fk_certificate_replaces_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_certificate_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate')),
    sa.UniqueConstraint('batch_id', 'person_id', name=op.f('uq_certificate_batch_id_person_id')),
    sa.UniqueConstraint('credential_type_id', 'number', name=op.f('uq_certificate_credential_type_id_number')),
    sa.UniqueConstraint('token', name=op.f('uq_certificate_token'))
    )
    with op.batch_alter_table('certificate', schema=None) as batch_op:
        batch_op.create_index('ix_certificate_ended_on', ['ended_on', 'id'], unique=False, sqlite_where=sa.text('ended_on IS NOT NULL'), postgresql_where=sa.text('ended_on IS NOT NULL'))
        batch_op.create_index('ix_certificate_issued', ['issued_on', 'id', 'unit_id', 'credential_type_id', 'valid_until', 'ended_on', 'voided_at'], unique=False)
        batch_op.create_index('ix_certificate_number', ['number'], unique=False)
        batch_op.create_index(batch_op.f('ix_certificate_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_certificate_replaces_id'), ['replaces_id'], unique=False)
        batch_op.create_index('ix_certificate_unit_issued', ['unit_id', 'issued_on', 'id'], unique=False)
        batch_op.create_index('ix_certificate_voided_at', ['voided_at', 'id'], unique=False, sqlite_where=sa.text('voided_at IS NOT NULL'), postgresql_where=sa.text('voided_at IS NOT NULL'))

    op.create_table('course_instructor',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('lead', sa.Boolean(), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_course_instructor_course_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_course_instructor_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_course_instructor_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_instructor'))
    )
    with op.batch_alter_table('course_instructor', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_course_instructor_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_course_instructor_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('uq_course_instructor_person', ['course_id', 'person_id'], unique=True, sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))

    op.create_table('course_session',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('starts', sa.String(length=5), nullable=False),
    sa.Column('ends', sa.String(length=5), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint('minutes > 0', name=op.f('ck_course_session_minutes')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_course_session_course_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_course_session_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_session'))
    )
    with op.batch_alter_table('course_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_course_session_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('uq_course_session_number', ['course_id', 'number'], unique=True, sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))

    op.create_table('roster_import',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('source', sa.String(length=120), nullable=False),
    sa.Column('saved_count', sa.Integer(), nullable=False),
    sa.Column('draft_count', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('imported_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("state IN ('standing', 'undone')", name=op.f('ck_roster_import_state')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_roster_import_course_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_roster_import_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_import'))
    )
    with op.batch_alter_table('roster_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_import_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_roster_import_digest'), ['digest'], unique=False)
        batch_op.create_index(batch_op.f('ix_roster_import_unit_id'), ['unit_id'], unique=False)

    op.create_table('batch_line',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('course_title', sa.String(length=120), nullable=False),
    sa.Column('class_hours', sa.Integer(), nullable=False),
    sa.Column('employer', sa.String(length=120), nullable=False),
    sa.Column('certificate_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['certificate_batch.id'], name=op.f('fk_batch_line_batch_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_batch_line_certificate_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_batch_line_person_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batch_line')),
    sa.UniqueConstraint('batch_id', 'person_id', name=op.f('uq_batch_line_batch_id_person_id'))
    )
    with op.batch_alter_table('batch_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_batch_line_certificate_id'), ['certificate_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_batch_line_person_id'), ['person_id'], unique=False)

    op.create_table('certificate_event',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('certificate_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('document', sa.String(length=120), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("kind IN ('issued', 'imported', 'printed', 'revoked', 'voided')", name=op.f('ck_certificate_event_kind')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_certificate_event_by_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_certificate_event_certificate_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate_event'))
    )
    with op.batch_alter_table('certificate_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_certificate_event_by_id'), ['by_id'], unique=False)
        batch_op.create_index('ix_certificate_event_certificate', ['certificate_id', 'id'], unique=False)

    op.create_table('roster_draft',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('roster_import_id', sa.Integer(), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('values', sa.Text(), nullable=False),
    sa.Column('errors', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.CheckConstraint("state IN ('open', 'done', 'dropped')", name=op.f('ck_roster_draft_state')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_roster_draft_course_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['roster_import_id'], ['roster_import.id'], name=op.f('fk_roster_draft_roster_import_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_roster_draft_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_draft'))
    )
    with op.batch_alter_table('roster_draft', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_draft_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_roster_draft_roster_import_id'), ['roster_import_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_roster_draft_unit_id'), ['unit_id'], unique=False)

    op.create_table('enrolment',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('roster_import_id', sa.Integer(), nullable=True),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('employer', sa.String(length=120), nullable=False),
    sa.Column('enrolled_at', sa.DateTime(), nullable=False),
    sa.Column('withdrawn_on', sa.Date(), nullable=True),
    sa.Column('withdraw_reason', sa.String(length=200), nullable=True),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.Column('result', sa.String(length=12), nullable=True),
    sa.Column('result_basis', sa.JSON(), nullable=True),
    sa.Column('batch_line_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("result IS NULL OR result IN ('passed', 'failed', 'incomplete', 'absent')", name=op.f('ck_enrolment_result')),
    sa.ForeignKeyConstraint(['batch_line_id'], ['batch_line.id'], name=op.f('fk_enrolment_batch_line_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_enrolment_course_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_enrolment_person_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['roster_import_id'], ['roster_import.id'], name=op.f('fk_enrolment_roster_import_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_enrolment_unit_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrolment'))
    )
    with op.batch_alter_table('enrolment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_enrolment_batch_line_id'), ['batch_line_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_enrolment_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_enrolment_roster_import_id'), ['roster_import_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_enrolment_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('uq_enrolment_person', ['course_id', 'person_id'], unique=True, sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))

    op.create_table('assessment',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('component', sa.String(length=40), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=True),
    sa.Column('passed', sa.Boolean(), nullable=True),
    sa.Column('cleared', sa.Boolean(), nullable=False),
    sa.Column('method', sa.String(length=12), nullable=False),
    sa.Column('assessed_on', sa.Date(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("method IN ('grid', 'all_passed', 'import')", name=op.f('ck_assessment_method')),
    sa.CheckConstraint('score IS NULL OR (score >= 0 AND score <= 100)', name=op.f('ck_assessment_score')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_assessment_by_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_assessment_enrolment_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment'))
    )
    with op.batch_alter_table('assessment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assessment_by_id'), ['by_id'], unique=False)
        batch_op.create_index('ix_assessment_enrolment', ['enrolment_id', 'component', 'attempt', 'id'], unique=False)

    op.create_table('attendance_event',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('client_key', sa.String(length=64), nullable=False),
    sa.Column('course_session_id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('method', sa.String(length=12), nullable=False),
    sa.Column('occurred_at', sa.DateTime(), nullable=False),
    sa.Column('received_at', sa.DateTime(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint("kind IN ('present', 'absent', 'partial', 'cleared')", name=op.f('ck_attendance_event_kind')),
    sa.CheckConstraint("method IN ('grid', 'all_present', 'import')", name=op.f('ck_attendance_event_method')),
    sa.CheckConstraint('minutes >= 0', name=op.f('ck_attendance_event_minutes')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_attendance_event_by_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['course_session_id'], ['course_session.id'], name=op.f('fk_attendance_event_course_session_id'), initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_attendance_event_enrolment_id'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance_event')),
    sa.UniqueConstraint('client_key', name=op.f('uq_attendance_event_client_key'))
    )
    with op.batch_alter_table('attendance_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_event_by_id'), ['by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_event_course_session_id'), ['course_session_id'], unique=False)
        batch_op.create_index('ix_attendance_event_enrolment', ['enrolment_id', 'course_session_id', 'id'], unique=False)

    for table in INSERT_ONLY:
        make_insert_only(table)


def downgrade() -> None:
    raise NotImplementedError("the first tables are not taken back")
