"""Signing in and out, and the choices that need no account. The other pages of the register join below."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from registry.accounts import (
    kept,
    sessions,
    signing,
    views_profile,
    views_roles,
    views_settings,
    views_units,
    views_users,
)
from registry.accounts.blueprint import blueprint
from registry.accounts.commands_own import use_code
from registry.accounts.devices import known_device, remember_device
from registry.accounts.forms import ConfirmPasswordForm, EnterCodeForm, SignInForm
from registry.accounts.models import User
from registry.accounts.queries import user_by_name
from registry.accounts.throttle import (
    account_gate,
    address_gate,
    device_gate,
    forgive,
    take_try,
    user_gate,
)
from registry.core import clock
from registry.core.db import db
from registry.core.errors import BusyError, RuleError, StorageError
from registry.core.passwords import NOBODY, verify_password
from registry.core.scope import Actor
from registry.core.write import run
from registry.web.forms import BaseForm
from registry.web.guard import PUBLIC, SIGNED_IN, permit
from registry.web.locale import LOCALES

__all__ = [
    "blueprint",
    "install",
    "views_profile",
    "views_roles",
    "views_settings",
    "views_units",
    "views_users",
]

HALF_WAY_SECONDS = 300
THEME_SECONDS = 365 * 24 * 3600


@blueprint.route("/sign-in", methods=["GET", "POST"])
@permit(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Ask for name and password; whether the name exists is never told, by words or by time."""
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(_next(request.args.get("next", "")))
    form = SignInForm(next=request.args.get("next", ""))
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form)
    username = form.username.data
    device = known_device(username)
    own = device_gate(username, device) if device else account_gate(username)
    address = address_gate(request.remote_addr or "")
    opens = take_try([own, address])
    if opens is not None:
        return too_many("accounts/sign_in.html", form, opens)
    user = user_by_name(db.session(), username)
    fits = verify_password(user.password_hash if user is not None else NOBODY, form.password.data)
    if user is None or not user.active or not fits:
        form.form_errors.append(
            _("Sign-in name and password do not fit, or the account is disabled. Type both again.")
        )
        return render_template("accounts/sign_in.html", form=form)
    forgive(own, address)
    if user.totp_secret is None:
        return _enter(user, form)
    session["half"] = [user.id, clock.now().timestamp()]
    code = EnterCodeForm(formdata=None, next=form.next.data, kept=form.kept.data)
    return render_template("accounts/enter_code.html", form=code)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@permit(PUBLIC)
def enter_code() -> ResponseReturnValue:
    """Ask for the code of the second factor, within five minutes of the password."""
    user = _half_way()
    if user is None:
        if request.method == "POST":
            flash(_("The sign-in took too long. Start again with name and password."), "info")
        return redirect(url_for("accounts.sign_in", next=request.form.get("next") or None), 303)
    form = EnterCodeForm()
    if not form.validate_on_submit():
        return render_template("accounts/enter_code.html", form=form)
    gate = user_gate("code", user.id)
    opens = take_try([gate])
    if opens is not None:
        return too_many("accounts/enter_code.html", form, opens)
    try:
        run(
            Actor(user.id, user.name, {}, user.home_unit_id),
            use_code,
            user=user,
            code=form.totp_code.data,
        )
    except (RuleError, BusyError, StorageError) as error:
        form.add_refusal(error)
        return render_template("accounts/enter_code.html", form=form)
    forgive(gate)
    return _enter(user, form)


@blueprint.post("/sign-out")
@permit(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End the session on the server and forget it on this browser."""
    chosen = session.get("locale")
    if current_user.is_authenticated:
        sessions.revoke(current_user.id, current_user.token_digest)
    signing.leave()
    if chosen in LOCALES:
        session["locale"] = chosen
    flash(_("You are signed out."), "success")
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.route("/confirm-password", methods=["GET", "POST"])
@permit(SIGNED_IN)
def confirm_password() -> ResponseReturnValue:
    """Ask for the password again before a sensitive act."""
    form = ConfirmPasswordForm(next=request.args.get("next", ""))
    if not form.validate_on_submit():
        return render_template("accounts/confirm_password.html", form=form)
    gate = user_gate("password", current_user.id)
    opens = take_try([gate])
    if opens is not None:
        return too_many("accounts/confirm_password.html", form, opens)
    user = db.session.get_one(User, current_user.id)
    if not verify_password(user.password_hash, form.password.data):
        form.password.errors = [_("This is not your password. Type it again.")]
        return render_template("accounts/confirm_password.html", form=form)
    forgive(gate)
    sessions.confirm(current_user.token_digest)
    return _go_on(form)


@blueprint.post("/language")
@permit(PUBLIC)
def set_language() -> ResponseReturnValue:
    """Choose the language of this browser, signed in or not."""
    if request.form.get("language") in LOCALES:
        session["locale"] = request.form["language"]
    return redirect(_next(request.form.get("back", "")), 303)


@blueprint.post("/theme")
@permit(PUBLIC)
def set_theme() -> ResponseReturnValue:
    """Choose light or dark for this browser; empty is as the system prefers."""
    response = redirect(_next(request.form.get("back", "")), 303)
    theme = request.form.get("theme", "")
    response.set_cookie(
        "theme", theme if theme in ("light", "dark") else "", max_age=THEME_SECONDS, samesite="Lax"
    )
    return response


def too_many(template: str, form: BaseForm, opens: datetime) -> ResponseReturnValue:
    """The form again, saying when the next try is possible."""
    form.form_errors.append(
        _(
            "Too many failed tries. Wait until %(time)s and try again. If it was not you, "
            "tell your administrator.",
            time=_minute_after(opens),
        )
    )
    seconds = max(1, int((opens - clock.now()).total_seconds()) + 1)
    return render_template(template, form=form), 429, {"Retry-After": str(seconds)}


def _minute_after(moment: datetime) -> str:
    local = clock.local(moment)
    return f"{local.hour:02d}:{local.minute:02d}:{local.second:02d}"


def _half_way() -> User | None:
    """Who gave the right password and still owes the code."""
    user_id, at = session.get("half", (None, 0))
    if user_id is None or clock.now().timestamp() - at > HALF_WAY_SECONDS:
        return None
    user = db.session.get(User, user_id)
    return user if user is not None and user.active and user.totp_secret is not None else None


def _enter(user: User, form: SignInForm | EnterCodeForm) -> Response:
    username = user.username
    signing.enter(user)
    response = _go_on(form)
    remember_device(response, username)
    return response


def _go_on(form: SignInForm | EnterCodeForm | ConfirmPasswordForm) -> Response:
    """To where one was going; with a form that was typed before, to the page that gives it back."""
    if form.kept.data:
        typed = kept.read(form.kept.data)
        if typed is not None and typed.user_id != current_user.id:
            flash(
                _("What was typed before belongs to another user. It is not shown and was not saved."),
                "warning",
            )
            return _to(signing.home())
        if typed is None or not typed.is_fresh:
            flash(
                _("What was typed is no longer there: it is kept for 30 minutes. Nothing was saved."),
                "warning",
            )
        else:
            return make_response(render_template("accounts/kept.html", typed=typed, restore=kept.RESTORE))
    return _to(_next(form.next.data or ""))


def _to(address: str) -> Response:
    return make_response(redirect(address, 303))


def _next(address: str) -> str:
    return address if signing.is_own_address(address) else signing.home()


def install(app: Flask) -> None:
    """Wire sign-in into the application."""
    signing.install(app)
