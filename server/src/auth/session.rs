//! Sign-ins: a family of refresh tokens, each good for one use, and the access tokens made with them.
//!
//! A refresh token that was used before is a stolen one (the thief or the owner shows it second; nobody can tell which),
//! so it ends the whole family. This is strict: two windows that refresh with the same token at the same moment look
//! the same as a theft, so a browser must take turns among its windows.

use std::sync::Arc;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select,
    Set,
};
use shared::problem::Code;
use shared::time::days;
use shared::{MemberId, Timestamp};

use super::pass;
use super::token::{self, Claims};
use crate::context::secrets::{hash_token, random_token};
use crate::context::{Actor, Ctx, Tx};
use crate::entity::{member, session};
use crate::error::{Error, Result};

/// Longest user agent kept; the column has as many characters.
const USER_AGENT_MAX: usize = 300;

/// What a signed-in browser holds.
#[derive(Debug)]
pub struct Tokens {
    pub access: String,
    pub access_expires_at: Timestamp,
    pub refresh: String,
    /// Shows the public page that a member is looking.
    pub pass: String,
}

/// What became of a refresh token that was shown.
#[derive(Debug)]
pub enum Rotation {
    /// It was the present one: here are the next.
    Next(Box<member::Model>, Tokens),
    /// It was used before, so its family has ended: the member should hear of it in the audit trail.
    Replayed(MemberId, String),
    /// It is unknown, expired or ended, or its member is disabled.
    Refused,
}

/// The name of a new sign-in.
pub fn new_family() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The actor that a member is when signed in by a family.
pub fn actor(member: &member::Model, family: &str) -> Actor {
    Actor::Member {
        id: member.id,
        name: member.name.clone(),
        role: member.role,
        family: family.to_owned(),
    }
}

/// Signs a member in: the first tokens of a family.
pub async fn sign_in(tx: &Tx<'_>, member: MemberId, family: &str) -> Result<Tokens> {
    let refresh = random_token();
    session::ActiveModel {
        id: NotSet,
        family: Set(family.to_owned()),
        member_id: Set(member),
        refresh_hash: Set(hash_token(&refresh)),
        expires_at: Set(tx.now() + days(tx.cx.config.auth.session_days)),
        rotated_at: Set(None),
        ended_at: Set(None),
        ip_address: Set(tx.cx.origin.ip.map(|ip| ip.to_string())),
        user_agent: Set(tx.cx.origin.user_agent.as_deref().map(plain)),
        created_at: Set(tx.now()),
    }
    .insert(tx.conn())
    .await?;
    let claims = Claims {
        member,
        family: family.to_owned(),
    };
    let (access, access_expires_at) = token::issue(tx.cx, &claims)?;
    Ok(Tokens {
        access,
        access_expires_at,
        refresh,
        pass: pass::issue(&tx.cx.secrets, member, family),
    })
}

/// Takes a refresh token and gives the next. The caller commits in every case: a replay has something to keep as well.
pub async fn rotate(tx: &Tx<'_>, refresh: &str) -> Result<Rotation> {
    // Held until the end: many showing one token at the same moment take turns, instead of ending the family crosswise.
    let row = find_by_refresh(refresh).lock_exclusive().one(tx.conn()).await?;
    let Some(row) = row else {
        return Ok(Rotation::Refused);
    };
    if row.ended_at.is_some() || row.expires_at <= tx.now() {
        return Ok(Rotation::Refused);
    }
    if row.rotated_at.is_some() || !mark_rotated(tx, &row).await? {
        end(tx, &row.family).await?;
        return Ok(Rotation::Replayed(row.member_id, row.family));
    }
    match member::Entity::find_by_id(row.member_id).one(tx.conn()).await? {
        Some(member) if member.is_active => {
            let tokens = sign_in(tx, member.id, &row.family).await?;
            Ok(Rotation::Next(Box::new(member), tokens))
        }
        _ => Ok(Rotation::Refused),
    }
}

/// The row of a refresh token, used or not.
pub async fn by_refresh(conn: &impl ConnectionTrait, refresh: &str) -> Result<Option<session::Model>> {
    Ok(find_by_refresh(refresh).one(conn).await?)
}

fn find_by_refresh(refresh: &str) -> Select<session::Entity> {
    session::Entity::find().filter(session::Column::RefreshHash.eq(hash_token(refresh)))
}

/// Ends a sign-in: its refresh tokens, and its access tokens with them.
pub async fn end(tx: &Tx<'_>, family: &str) -> Result<()> {
    tx.forget_sign_ins();
    session::Entity::update_many()
        .col_expr(session::Column::EndedAt, Expr::value(tx.now()))
        .filter(session::Column::Family.eq(family))
        .filter(session::Column::EndedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Ends all sign-ins of a member, but for one that may stay.
pub async fn end_all(tx: &Tx<'_>, member: MemberId, except: Option<&str>) -> Result<()> {
    tx.forget_sign_ins();
    let mut ending = session::Entity::update_many()
        .col_expr(session::Column::EndedAt, Expr::value(tx.now()))
        .filter(session::Column::MemberId.eq(member))
        .filter(session::Column::EndedAt.is_null());
    if let Some(family) = except {
        ending = ending.filter(session::Column::Family.ne(family));
    }
    ending.exec(tx.conn()).await?;
    Ok(())
}

/// Who an access token says is asking. A member who was disabled, or whose sign-in has ended, is nobody from then on (for
/// other processes: two seconds later at the latest).
pub async fn actor_of(cx: &Ctx, access_token: &str) -> Result<Actor> {
    actor_of_sign_in(cx, &token::read(cx, access_token)?).await
}

/// Who has a sign-in that goes on.
pub async fn actor_of_sign_in(cx: &Ctx, claims: &Claims) -> Result<Actor> {
    let key = (claims.member, claims.family.clone());
    let looked_up = cx.sign_ins.try_get_with(key, look_up(cx, claims)).await;
    looked_up.map_err(|error: Arc<Error>| error.repeat())
}

async fn look_up(cx: &Ctx, claims: &Claims) -> Result<Actor> {
    let member = member::Entity::find_by_id(claims.member).one(&cx.db).await?;
    match member {
        Some(member) if member.is_active && is_open(cx, claims).await? => Ok(actor(&member, &claims.family)),
        _ => Err(Error::refused(Code::Unauthenticated, "this sign-in has ended")),
    }
}

/// True while the family has a refresh token that was not used yet and still can be.
async fn is_open(cx: &Ctx, claims: &Claims) -> Result<bool> {
    let open = session::Entity::find()
        .filter(session::Column::Family.eq(&claims.family))
        .filter(session::Column::MemberId.eq(claims.member))
        .filter(session::Column::RotatedAt.is_null())
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(cx.clock.now()))
        .one(&cx.db)
        .await?;
    Ok(open.is_some())
}

/// False if another request was faster with the same token.
async fn mark_rotated(tx: &Tx<'_>, row: &session::Model) -> Result<bool> {
    let marked = session::Entity::update_many()
        .col_expr(session::Column::RotatedAt, Expr::value(tx.now()))
        .filter(session::Column::Id.eq(row.id))
        .filter(session::Column::RotatedAt.is_null())
        .filter(session::Column::EndedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(marked.rows_affected == 1)
}

fn plain(user_agent: &str) -> String {
    user_agent
        .chars()
        .filter(|c| !c.is_control())
        .take(USER_AGENT_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Audit;
    use crate::testing::{self, App};

    async fn signed_in(app: &App) -> (member::Model, Tokens) {
        let member = app.member("ana@example.org", shared::access::Role::Editor).await;
        let tx = app.cx.begin().await.unwrap();
        let tokens = sign_in(&tx, member.id, &new_family()).await.unwrap();
        tx.commit(Audit::Bookkeeping).await.unwrap();
        (member, tokens)
    }

    async fn refresh(app: &App, refresh: &str) -> Rotation {
        let tx = app.cx.begin().await.unwrap();
        let rotation = rotate(&tx, refresh).await.unwrap();
        tx.commit(Audit::Bookkeeping).await.unwrap();
        rotation
    }

    #[tokio::test]
    async fn a_refresh_token_works_once_and_its_second_use_ends_the_family() {
        let app = testing::app().await;
        let (_, first) = signed_in(&app).await;
        let Rotation::Next(_, second) = refresh(&app, &first.refresh).await else {
            panic!("the first use should work");
        };
        actor_of(&app.cx, &second.access).await.unwrap();

        assert!(matches!(refresh(&app, &first.refresh).await, Rotation::Replayed(..)));
        assert!(matches!(refresh(&app, &second.refresh).await, Rotation::Refused));
        assert!(actor_of(&app.cx, &second.access).await.is_err());
    }

    #[tokio::test]
    async fn a_refresh_token_that_nobody_used_for_too_long_is_refused() {
        let app = testing::app().await;
        let (_, tokens) = signed_in(&app).await;
        app.cx.clock.advance(days(app.cx.config.auth.session_days));
        assert!(matches!(refresh(&app, &tokens.refresh).await, Rotation::Refused));
        assert!(matches!(refresh(&app, "nonsense").await, Rotation::Refused));
    }

    #[tokio::test]
    async fn a_disabled_member_is_nobody_at_once() {
        let app = testing::app().await;
        let (member, tokens) = signed_in(&app).await;
        assert_eq!(
            actor_of(&app.cx, &tokens.access).await.unwrap().member().unwrap(),
            member.id
        );
        let mut row: member::ActiveModel = member.into();
        row.is_active = Set(false);
        let tx = app.cx.begin().await.unwrap();
        row.update(tx.conn()).await.unwrap();
        tx.forget_sign_ins();
        tx.commit(Audit::Bookkeeping).await.unwrap();
        assert!(actor_of(&app.cx, &tokens.access).await.is_err());
        assert!(matches!(refresh(&app, &tokens.refresh).await, Rotation::Refused));
    }

    #[tokio::test]
    async fn all_sign_ins_but_one_can_be_ended() {
        let app = testing::app().await;
        let (member, other) = signed_in(&app).await;
        let tx = app.cx.begin().await.unwrap();
        let kept = sign_in(&tx, member.id, "kept").await.unwrap();
        end_all(&tx, member.id, Some("kept")).await.unwrap();
        tx.commit(Audit::Bookkeeping).await.unwrap();
        assert!(actor_of(&app.cx, &other.access).await.is_err());
        actor_of(&app.cx, &kept.access).await.unwrap();
    }
}
