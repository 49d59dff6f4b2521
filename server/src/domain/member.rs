//! Members: inviting them, what they may, their passwords.
//!
//! Only who may manage owners touches an owner, and one owner who can sign in always remains.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Set,
};
use shared::access::{Permission, Role};
use shared::list::{MemberList, Order};
use shared::member::{
    AcceptInvitation, ChangePassword, Invitation, Me, MePatch, Member, MemberPatch, NewMember, check_password,
};
use shared::problem::{Code, FieldCode};
use shared::text::{EmailAddress, LOCALES};
use shared::time::hours;
use shared::{Check, MemberId, Timestamp, Validate};

use super::paging::{Paging, SortKey};
use super::search;
use super::session::SignedIn;
use crate::auth::{password, session, throttle};
use crate::context::secrets::{hash_token, random_token};
use crate::context::{Actor, Audit, Ctx, Job, Tx};
use crate::entity::member;
use crate::error::{Error, OnDuplicate, Result};

/// Members whose name or address has the words in it, the longest here first.
pub async fn list(cx: &Ctx, q: Option<String>, paging: &Paging) -> Result<MemberList> {
    cx.actor.require(Permission::ManageMembers)?;
    let mut query = member::Entity::find();
    if let Some(words) = search::words(q)? {
        let name = search::contains(member::Column::Name, &words);
        query = query.filter(name.or(search::contains(member::Column::Email, &words)));
    }
    let rows = paging
        .apply(query, member::Column::Id, member::Column::Id, Order::Asc)
        .all(&cx.db)
        .await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.id.0), row.id.0));
    Ok(MemberList {
        items: rows.into_iter().map(Member::from).collect(),
        next_cursor,
    })
}

pub async fn get(cx: &Ctx, id: MemberId) -> Result<Member> {
    cx.actor.require(Permission::ManageMembers)?;
    let row = member::Entity::find_by_id(id).one(&cx.db).await?;
    row.map(Member::from).ok_or_else(|| Error::not_found("member"))
}

/// Invites someone. The link is mailed, and shown to who invites, once.
pub async fn create(cx: &Ctx, input: NewMember) -> Result<Invitation> {
    cx.actor.require(Permission::ManageMembers)?;
    input.validate()?;
    may_touch(&cx.actor, input.role)?;

    let mut tx = cx.begin().await?;
    let made = insert(&tx, &input, None).await?;
    let invitation = issue_invitation(&mut tx, made).await?;
    let member = &invitation.member;
    tx.commit(Audit::of("member.create", member.id.0, &member.email).after(member))
        .await?;
    Ok(invitation)
}

/// Adds someone with a password, for the command line.
pub async fn add_with_password(cx: &Ctx, input: NewMember, chosen: String) -> Result<Member> {
    cx.actor.require(Permission::ManageMembers)?;
    let mut check = Check::default();
    input.check(&mut check);
    check_password(&mut check, "password", &chosen);
    check.done()?;
    may_touch(&cx.actor, input.role)?;
    password::judge("password", &chosen, &input.email, &input.name).await?;
    let hash = password::hash(chosen).await?;

    let tx = cx.begin().await?;
    let member = Member::from(insert(&tx, &input, Some(hash)).await?);
    tx.commit(Audit::of("member.create", member.id.0, &member.email).after(&member))
        .await?;
    Ok(member)
}

/// Changes a member. Disabling one ends their sign-ins at once.
pub async fn update(cx: &Ctx, id: MemberId, patch: MemberPatch) -> Result<Member> {
    cx.actor.require(Permission::ManageMembers)?;
    patch.validate()?;

    let tx = cx.begin().await?;
    let owners = lock_owners(&tx).await?;
    let before = find(&tx, id).await?;
    may_touch(&cx.actor, before.role)?;
    may_touch(&cx.actor, patch.role.unwrap_or(before.role))?;
    let after = apply(before.clone(), patch, tx.now());
    keep_an_owner(&owners, &after)?;
    if before.is_active && !after.is_active {
        session::end_all(&tx, id, None).await?;
    }
    let after = after.into_active_model().reset_all().update(tx.conn()).await?;
    tx.forget_sign_ins();

    let (before, after) = (Member::from(before), Member::from(after));
    let entry = Audit::of("member.update", id.0, &after.email);
    tx.commit(entry.before(&before).after(&after)).await?;
    Ok(after)
}

/// A new link for someone who lost the first, or who forgot their password. The link before is void.
pub async fn invite(cx: &Ctx, id: MemberId) -> Result<Invitation> {
    cx.actor.require(Permission::ManageMembers)?;
    let mut tx = cx.begin().await?;
    let member = find(&tx, id).await?;
    may_touch(&cx.actor, member.role)?;
    if !member.is_active {
        return Err(Error::conflict("the member is disabled: enable them first"));
    }
    let invitation = issue_invitation(&mut tx, member).await?;
    tx.commit(Audit::of("member.invite", id.0, &invitation.member.email))
        .await?;
    Ok(invitation)
}

/// Chooses a password by the link of an invitation, and signs in. Other sign-ins of the member end.
pub async fn accept_invitation(cx: &Ctx, input: AcceptInvitation) -> Result<SignedIn> {
    input.validate()?;
    let hash = hash_token(&input.token);
    let mut member = invited(cx, &hash).await?;
    password::judge("password", &input.password, &member.email, &member.name).await?;
    member.password_hash = Some(password::hash(input.password).await?);

    let family = session::new_family();
    let cx = cx.acting(session::actor(&member, &family));
    let tx = cx.begin().await?;
    if !use_invitation(&tx, &member, &hash).await? {
        return Err(link_expired());
    }
    member.last_sign_in_at = Some(tx.now());
    session::end_all(&tx, member.id, None).await?;
    let tokens = session::sign_in(&tx, member.id, &family).await?;
    tx.commit(Audit::of("member.accept_invitation", member.id.0, &member.email))
        .await?;
    Ok(SignedIn::new(member, tokens))
}

/// Who is signed in.
pub async fn me(cx: &Ctx) -> Result<Me> {
    let id = cx.actor.member()?;
    let row = member::Entity::find_by_id(id).one(&cx.db).await?;
    row.map(me_of).ok_or_else(|| Error::not_found("member"))
}

/// Changes what members may change about themselves.
pub async fn update_me(cx: &Ctx, patch: MePatch) -> Result<Me> {
    let id = cx.actor.member()?;
    patch.validate()?;

    let tx = cx.begin().await?;
    let before = find(&tx, id).await?;
    let MePatch { name, locale } = patch;
    let after = member::Model {
        name: name.unwrap_or_else(|| before.name.clone()),
        locale: locale.unwrap_or_else(|| before.locale.clone()),
        updated_at: tx.now(),
        ..before.clone()
    };
    let after = after.into_active_model().reset_all().update(tx.conn()).await?;
    let entry = Audit::of("member.update", id.0, &after.email).before(&Member::from(before));
    tx.forget_sign_ins();
    tx.commit(entry.after(&Member::from(after.clone()))).await?;
    Ok(me_of(after))
}

/// Puts a new password in place of the present one, and signs all other browsers out.
pub async fn change_password(cx: &Ctx, input: ChangePassword) -> Result<()> {
    let Actor::Member { id, family, .. } = &cx.actor else {
        return cx.actor.member().map(drop);
    };
    input.validate()?;
    let row = member::Entity::find_by_id(*id).one(&cx.db).await?;
    let member = row.ok_or_else(|| Error::not_found("member"))?;
    let this_try = confirm(cx, &member, input.current_password).await?;
    password::judge("new_password", &input.new_password, &member.email, &member.name).await?;
    let hash = password::hash(input.new_password).await?;

    let tx = cx.begin().await?;
    throttle::succeed(&tx, &this_try).await?;
    set_password(&tx, &member, hash).await?;
    session::end_all(&tx, *id, Some(family)).await?;
    tx.commit(Audit::of("member.change_password", id.0, &member.email))
        .await
}

/// A member as they see themselves.
pub(super) fn me_of(row: member::Model) -> Me {
    Me {
        permissions: row.role.permissions(),
        member: row.into(),
    }
}

/// Adds the row of a member.
pub(super) async fn insert(tx: &Tx<'_>, input: &NewMember, password_hash: Option<String>) -> Result<member::Model> {
    // Validated before: what is stored is the lowered form.
    let email = EmailAddress::parse(&input.email).map_or_else(|_| input.email.clone(), EmailAddress::into_string);
    let row = member::ActiveModel {
        id: NotSet,
        email: Set(email),
        name: Set(input.name.trim().to_owned()),
        role: Set(input.role),
        password_hash: Set(password_hash),
        invitation_hash: Set(None),
        invitation_expires_at: Set(None),
        is_active: Set(true),
        locale: Set(LOCALES[0].to_owned()),
        last_sign_in_at: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    row.insert(tx.conn()).await.on_duplicate(|| {
        Error::refused(Code::EmailTaken, "another member has this e-mail address").at("email", FieldCode::Taken)
    })
}

async fn find(tx: &Tx<'_>, id: MemberId) -> Result<member::Model> {
    let row = member::Entity::find_by_id(id).one(tx.conn()).await?;
    row.ok_or_else(|| Error::not_found("member"))
}

/// Owners are touched by those who may manage owners.
fn may_touch(actor: &Actor, role: Role) -> Result<()> {
    match role {
        Role::Owner => actor.require(Permission::ManageOwners),
        Role::Admin | Role::Editor | Role::Viewer => Ok(()),
    }
}

/// All owners, held until the transaction ends, so that two cannot step down at the same moment.
async fn lock_owners(tx: &Tx<'_>) -> Result<Vec<member::Model>> {
    let owners = member::Entity::find()
        .filter(member::Column::Role.eq(Role::Owner))
        .lock_exclusive()
        .all(tx.conn())
        .await?;
    Ok(owners)
}

/// Refuses a change after which no owner could sign in.
fn keep_an_owner(owners: &[member::Model], after: &member::Model) -> Result<()> {
    let can_own = |row: &member::Model| row.role == Role::Owner && row.is_active && row.password_hash.is_some();
    let was_owner = owners.iter().any(|row| row.id == after.id && can_own(row));
    let others = owners.iter().any(|row| row.id != after.id && can_own(row));
    if was_owner && !others && !can_own(after) {
        return Err(Error::conflict(
            "this is the last owner who can sign in: make someone else an owner first",
        ));
    }
    Ok(())
}

fn apply(before: member::Model, patch: MemberPatch, now: Timestamp) -> member::Model {
    let MemberPatch { name, role, is_active } = patch;
    member::Model {
        name: name.unwrap_or(before.name),
        role: role.unwrap_or(before.role),
        is_active: is_active.unwrap_or(before.is_active),
        updated_at: now,
        ..before
    }
}

/// A new link for a member: its hash is stored, the link itself is mailed and handed back.
async fn issue_invitation(tx: &mut Tx<'_>, member: member::Model) -> Result<Invitation> {
    let token = random_token();
    let expires_at = tx.now() + hours(tx.cx.config.auth.invitation_hours);
    let mut row = member.into_active_model();
    row.invitation_hash = Set(Some(hash_token(&token)));
    row.invitation_expires_at = Set(Some(expires_at));
    row.updated_at = Set(tx.now());
    let member = Member::from(row.update(tx.conn()).await?);

    // After the hash sign it stays in the browser and out of every log on the way.
    let url = format!("{}/admin/join#{token}", tx.cx.config.public_url());
    tx.enqueue(&Job::SendInvitation {
        email: member.email.clone(),
        name: member.name.clone(),
        url: url.clone(),
    })
    .await?;
    Ok(Invitation {
        member,
        url,
        expires_at,
    })
}

async fn invited(cx: &Ctx, hash: &str) -> Result<member::Model> {
    let row = member::Entity::find()
        .filter(member::Column::InvitationHash.eq(hash))
        .filter(member::Column::InvitationExpiresAt.gt(cx.clock.now()))
        .filter(member::Column::IsActive.eq(true))
        .one(&cx.db)
        .await?;
    row.ok_or_else(link_expired)
}

/// Sets the password and voids the link; false if someone else was faster, or the member was disabled meanwhile.
async fn use_invitation(tx: &Tx<'_>, member: &member::Model, hash: &str) -> Result<bool> {
    let used = member::Entity::update_many()
        .col_expr(member::Column::PasswordHash, Expr::value(member.password_hash.clone()))
        .col_expr(member::Column::InvitationHash, Expr::value(None::<String>))
        .col_expr(member::Column::InvitationExpiresAt, Expr::value(None::<i64>))
        .col_expr(member::Column::LastSignInAt, Expr::value(tx.now()))
        .col_expr(member::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(member::Column::Id.eq(member.id))
        .filter(member::Column::InvitationHash.eq(hash))
        .filter(member::Column::IsActive.eq(true))
        .exec(tx.conn())
        .await?;
    Ok(used.rows_affected == 1)
}

fn link_expired() -> Error {
    Error::refused(
        Code::LinkExpired,
        "the invitation was used, has expired, or was replaced by another",
    )
}

/// Asks for the present password, so that a browser left alone does not lock its member out. Misses count as sign-ins do.
async fn confirm(cx: &Ctx, member: &member::Model, shown: String) -> Result<throttle::Try> {
    let this_try = throttle::admit(cx, &member.email).await?;
    if password::verify(shown, member.password_hash.clone()).await? {
        return Ok(this_try);
    }
    Err(Error::field(
        "current_password",
        FieldCode::NotAllowed,
        "is not your present password",
    ))
}

/// Sets a new password in place of the one that was confirmed, and voids a link that could set yet another.
async fn set_password(tx: &Tx<'_>, member: &member::Model, hash: String) -> Result<()> {
    let set = member::Entity::update_many()
        .col_expr(member::Column::PasswordHash, Expr::value(hash))
        .col_expr(member::Column::InvitationHash, Expr::value(None::<String>))
        .col_expr(member::Column::InvitationExpiresAt, Expr::value(None::<i64>))
        .col_expr(member::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(member::Column::Id.eq(member.id))
        .filter(member::Column::PasswordHash.eq(member.password_hash.clone()))
        .exec(tx.conn())
        .await?;
    match set.rows_affected {
        1 => Ok(()),
        _ => Err(Error::conflict("the password was changed meanwhile")),
    }
}

#[cfg(test)]
mod tests;
