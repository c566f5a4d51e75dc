"""One's own account: name, language, password, second factor, sessions."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from registry.accounts import commands_own, sessions, signing, totp
from registry.accounts.blueprint import blueprint
from registry.accounts.forms import (
    ChangePasswordForm,
    EditProfileForm,
    EmptyForm,
    RevokeForm,
    SetUpSecondFactorForm,
)
from registry.accounts.models import User
from registry.accounts.queries_users import grants_of
from registry.accounts.settings import setting
from registry.accounts.step_up import ask_password, recently_confirmed
from registry.accounts.throttle import forgive, take_try, user_gate
from registry.core import clock
from registry.core.db import db
from registry.core.errors import BusyError, RuleError, StorageError
from registry.core.passwords import POLICIES, check_password, hash_password, verify_password
from registry.core.permissions import ROLE_NAMES, Role
from registry.core.secrets import current_keys, seal, unseal
from registry.core.write import run
from registry.web.guard import SIGNED_IN, permit
from registry.web.locale import LOCALES, local_name, translate
from registry.web.submit import submit

# In the cookie: the secret shown on the set-up page until a code proves that the app has it.
_NEW_SECRET = "new_second_factor"  # noqa: S105 - the name of a value, not a value.


def _own_record() -> User:
    return db.session.get_one(User, current_user.id)


@blueprint.get("/profile")
@permit(SIGNED_IN)
def profile() -> ResponseReturnValue:
    """Who one is here, and the ways to change it."""
    user = _own_record()
    today = clock.today()
    roles = [
        (translate(ROLE_NAMES[Role(grant.role)]), local_name(unit), grant.starts_on, grant.ends_on)
        for grant, unit in db.session.execute(grants_of(user.id))
        if grant.ends_on is None or grant.ends_on > today
    ]
    return render_template(
        "accounts/profile.html",
        user=user,
        roles=roles,
        language=LOCALES.get(user.locale, user.locale),
        lives=POLICIES[setting(db.session(), "password_policy")].lives,
    )


@blueprint.route("/profile/edit", methods=["GET", "POST"])
@permit(SIGNED_IN)
def edit_profile() -> ResponseReturnValue:
    """Change one's own name and language."""
    user = _own_record()
    form = EditProfileForm(obj=user)
    if form.validate_on_submit():
        chosen = form.locale.data
        done = submit(
            form,
            commands_own.edit_profile,
            user=user,
            name=form.name.data,
            locale=chosen,
            locate=lambda _user: url_for("accounts.profile"),
            saved=_("Saved."),
        )
        if done is not None:
            session["locale"] = chosen
            return done
    return render_template("accounts/edit_profile.html", form=form)


@blueprint.route("/profile/password", methods=["GET", "POST"])
@permit(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Set a new password; every other session of the user ends."""
    form = ChangePasswordForm()
    policy = setting(db.session(), "password_policy")
    page = {
        "form": form,
        "policy": POLICIES[policy],
        "due": current_user.must_act == "accounts.change_password",
    }
    if not form.validate_on_submit():
        return render_template("accounts/change_password.html", **page)
    user = _own_record()
    gate = user_gate("password", user.id)
    if take_try([gate]) is not None:
        form.form_errors.append(
            _("Too many failed tries. Nothing was saved; wait a quarter of an hour and try again.")
        )
        return render_template("accounts/change_password.html", **page), 429
    if not verify_password(user.password_hash, form.present_password.data):
        form.present_password.errors = [_("This is not your password. Type it again.")]
        return render_template("accounts/change_password.html", **page)
    forgive(gate)
    if form.password.data == form.present_password.data:
        form.password.errors = [
            _("The new password is the present one. Nothing was saved; choose another one.")
        ]
        return render_template("accounts/change_password.html", **page)
    try:
        check_password(form.password.data, user.username, policy)
        run(
            g.actor,
            commands_own.change_password,
            user=user,
            password_hash=hash_password(form.password.data),
        )
    except (RuleError, BusyError, StorageError) as error:
        form.add_refusal(error)
        return render_template("accounts/change_password.html", **page)
    sessions.revoke_others(user.id, current_user.token_digest)
    signing.enter(user)
    flash(_("The new password is set. Everywhere else you are signed out."), "success")
    return redirect(url_for("accounts.profile"), 303)


@blueprint.route("/profile/second-factor", methods=["GET", "POST"])
@permit(SIGNED_IN)
def set_up_second_factor() -> ResponseReturnValue:
    """Bind an authenticator app by a QR code and its first code."""
    if not recently_confirmed():
        return ask_password()
    user = _own_record()
    form = SetUpSecondFactorForm()
    secret = _secret_on_page()
    if form.validate_on_submit():
        done = submit(
            form,
            commands_own.set_up_second_factor,
            user=user,
            secret=secret,
            code=form.totp_code.data,
            locate=lambda _user: url_for("accounts.profile"),
            saved=_("The second factor is set up. From now on sign-in asks for a code of the app."),
        )
        if done is not None:
            session.pop(_NEW_SECRET, None)
            return done
    size, path = totp.qr_path(totp.address(secret, user.username))
    return render_template(
        "accounts/set_up_second_factor.html",
        form=form,
        groups=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        size=size,
        path=path,
        due=current_user.must_act == "accounts.set_up_second_factor",
    )


def _secret_on_page() -> str:
    cipher = current_keys().field_cipher
    if _NEW_SECRET not in session:
        session[_NEW_SECRET] = seal(cipher, totp.new_secret())
    return unseal(cipher, session[_NEW_SECRET])


@blueprint.route("/profile/second-factor/remove", methods=["GET", "POST"])
@permit(SIGNED_IN)
def remove_second_factor() -> ResponseReturnValue:
    """Give up one's own second factor, where no role needs one."""
    if not recently_confirmed():
        return ask_password()
    form = EmptyForm()
    if current_user.needs_second_factor or not current_user.has_second_factor:
        flash(_("Your role needs the second factor, or there is none. Nothing was changed."), "warning")
        return redirect(url_for("accounts.profile"), 303)
    if form.validate_on_submit():
        done = submit(
            form,
            commands_own.remove_second_factor,
            user=_own_record(),
            locate=lambda _user: url_for("accounts.profile"),
            saved=_("The second factor is removed."),
        )
        if done is not None:
            return done
    return render_template("accounts/remove_second_factor.html", form=form)


@blueprint.get("/profile/sessions")
@permit(SIGNED_IN)
def own_sessions() -> ResponseReturnValue:
    """Where one is signed in."""
    rows = db.session.execute(sessions.open_sessions(db.session(), _own_record())).scalars().all()
    return render_template(
        "accounts/own_sessions.html",
        rows=[(row, _browser(row.agent)) for row in rows],
        own_digest=current_user.token_digest,
    )


@blueprint.post("/profile/sessions/revoke")
@permit(SIGNED_IN)
def revoke_session() -> ResponseReturnValue:
    """End one other session, or all others."""
    form = RevokeForm()
    if form.validate_on_submit():
        if form.session.data:
            sessions.revoke(current_user.id, form.session.data)
            flash(_("That session has ended."), "success")
        else:
            sessions.revoke_others(current_user.id, current_user.token_digest)
            flash(_("All other sessions have ended."), "success")
    return redirect(url_for("accounts.own_sessions"), 303)


# Later names also occur in the descriptions of earlier ones, so the order decides.
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("Mac OS", "macOS"))


def _browser(agent: str) -> str:
    """A browser in two words, as far as it says what it is."""
    found = [
        next((name for mark, name in names if mark in agent), fallback)
        for names, fallback in ((_BROWSERS, ""), (_SYSTEMS, "Linux" if "Linux" in agent else ""))
    ]
    return " · ".join(filter(None, found)) or _("Unknown browser")
