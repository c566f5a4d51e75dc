"""Who is signed in: from the cookie to a user with his rights, and what happens when nobody is."""

from __future__ import annotations

from functools import cached_property

from flask import Flask, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError

from registry.accounts import kept, sessions
from registry.accounts.forms import SignInForm
from registry.accounts.models import Unit, User
from registry.accounts.queries import actor_with, roles_of
from registry.accounts.queries_users import rank
from registry.accounts.settings import setting
from registry.core import clock
from registry.core.db import db
from registry.core.ops import WebSession
from registry.core.passwords import is_due
from registry.core.permissions import ROLE_NAMES, Role
from registry.core.scope import Actor
from registry.web import guard
from registry.web.interface import Identity
from registry.web.locale import local_name, translate

LONGEST_NEXT = 2_000


class SignedIn(UserMixin):  # type: ignore[misc]
    """The user of this request: `current_user`. Values are copied, so a write does not expire them."""

    def __init__(self, web: WebSession, user: User, unit: Unit, token: str) -> None:
        self.id = user.id
        self.name = user.name
        self.username = user.username
        self.locale = user.locale
        self.home_unit_id = unit.id
        self.home_unit = unit
        self.token_digest = web.token_digest
        self.has_second_factor = user.totp_secret is not None
        self._token = token
        self._confirmed_at = web.step_up_at
        self._must_change = user.must_change_password
        self._password_changed_at = user.password_changed_at

    def get_id(self) -> str:
        """What the session cookie holds: the token, never the number of the user."""
        return self._token

    @cached_property
    def roles(self) -> list[tuple[Role, int]]:
        """The roles in force today with their units, the highest first."""
        found = roles_of(db.session(), self.id, clock.today())
        return sorted(found, key=lambda held: (-rank(held[0]), list(Role).index(held[0]), held[1]))

    @cached_property
    def actor(self) -> Actor:
        """The user as commands know him, with today's reach."""
        return actor_with(db.session(), self.id, self.name, self.home_unit_id, self.roles, clock.today())

    @cached_property
    def needs_second_factor(self) -> bool:
        """Whether a role of his asks for a second factor."""
        asked = set(setting(db.session(), "totp_roles"))
        return any(role.value in asked for role, _unit in self.roles)

    @cached_property
    def must_act(self) -> str | None:
        """The endpoint that comes before everything else: a new password, a second factor; else None."""
        policy = setting(db.session(), "password_policy")
        if self._must_change or is_due(policy, self._password_changed_at, clock.now()):
            return "accounts.change_password"
        if self.needs_second_factor and not self.has_second_factor:
            return "accounts.set_up_second_factor"
        return None

    @property
    def is_confirmed(self) -> bool:
        """Whether the password was given within the last ten minutes."""
        return sessions.is_confirmed(self._confirmed_at)


def identity() -> Identity | None:
    """Who is signed in, for the user menu of the page."""
    if not current_user or not current_user.is_authenticated:
        return None
    roles = dict.fromkeys(translate(ROLE_NAMES[role]) for role, _unit in current_user.roles)
    return Identity(current_user.name, local_name(current_user.home_unit), _(", ").join(roles))


def enter(user: User) -> None:
    """Sign a user in on this browser: everything the cookie held before goes, a new token comes."""
    if current_user.is_authenticated:
        sessions.revoke(current_user.id, current_user.token_digest)
    chosen = session.get("locale", user.locale)
    leave()
    session["locale"] = chosen
    token, web = sessions.open_session(user, request.user_agent.string)
    unit = db.session.get_one(Unit, user.home_unit_id)
    login_user(SignedIn(web, user, unit, token))


def leave() -> None:
    """Forget everything the cookie holds, the CSRF secret included."""
    session.clear()
    g.pop("csrf_token", None)


def is_own_address(address: str) -> bool:
    """Whether an address to go on to stays within this site."""
    return (
        address.startswith("/")
        and not address.startswith(("//", "/\\"))
        and address.isprintable()
        and len(address) <= LONGEST_NEXT
    )


def home() -> str:
    """Where one goes after sign-in."""
    return url_for("desk.today") if guard.right_of("desk.today") else url_for("accounts.profile")


def here() -> str:
    """The address of this page within the site."""
    return request.full_path.rstrip("?")


def page_here() -> str:
    """The address of this page if it can be opened by itself, else nothing."""
    rule = request.url_rule
    return here() if rule is not None and "GET" in (rule.methods or ()) else ""


def _load(token: str) -> SignedIn | None:
    row = sessions.read(db.session(), token)
    if row is None:
        return None
    web, user, unit = row
    if not sessions.is_alive(db.session(), web, user):
        g.ended_session_of = user.id
        return None
    sessions.touch(web)
    return SignedIn(web, user, unit, token)


def _ask_to_sign_in() -> ResponseReturnValue:
    ended_of: int | None = g.get("ended_session_of")
    if request.method in ("GET", "HEAD"):
        if ended_of is not None:
            flash(_("Your sign-in has ended. Sign in again to go on."), "info")
        return redirect(url_for("accounts.sign_in", next=here()))
    sealed = _keep_typed(ended_of) if ended_of is not None else None
    form = SignInForm(formdata=None)
    form.kept.data, form.next.data = sealed or "", page_here()
    if sealed:
        told = _(
            "Your sign-in had ended. Nothing was saved. What you typed is kept for 30 minutes: sign in again "
            "as the same user, and the form comes back filled."
        )
    elif ended_of is not None:
        told = _("Your sign-in had ended. Nothing was saved. Sign in again and repeat the last step.")
    else:
        told = _("You are not signed in. Nothing was saved. Sign in and repeat the last step.")
    return render_template("accounts/sign_in.html", form=form, told=told), 401


def _keep_typed(user_id: int) -> str | None:
    try:
        # Only what came from one of our own pages is kept.
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return None
    return kept.keep(here(), list(request.form.items(multi=True)), user_id)


def install(app: Flask) -> None:
    """Tell the application who is signed in and what to do when nobody is."""
    manager = LoginManager()
    manager.session_protection = None  # An address changes on the way home; the token does not.
    manager.init_app(app)
    manager.user_loader(_load)
    guard.MUST_ACT_ALLOWED.update(
        f"accounts.{name}"
        for name in (
            "change_password",
            "set_up_second_factor",
            "confirm_password",
            "sign_out",
            "set_language",
            "set_theme",
        )
    )
    guard.ask_to_sign_in[:] = [_ask_to_sign_in]
