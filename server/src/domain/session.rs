//! Signing in, staying signed in, signing out.
//!
//! Whether the address is unknown, the password wrong or the member disabled: the answer is the same, and takes as long.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shared::problem::Code;
use shared::session::{Login, Session};
use shared::text::EmailAddress;

use super::member::me_of;
use crate::auth::session::{self, Rotation, Tokens};
use crate::auth::{password, throttle};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::member;
use crate::error::{Error, Result};

/// A signed-in browser: what it is told, and what goes into its two cookies.
#[derive(Debug)]
pub struct SignedIn {
    pub session: Session,
    pub refresh_token: String,
    pub pass: String,
}

impl SignedIn {
    pub(super) fn new(member: member::Model, tokens: Tokens) -> Self {
        Self {
            session: Session {
                access_token: tokens.access,
                expires_at: tokens.access_expires_at,
                me: me_of(member),
            },
            refresh_token: tokens.refresh,
            pass: tokens.pass,
        }
    }
}

/// Signs in with an address and a password.
pub async fn login(cx: &Ctx, input: Login) -> Result<SignedIn> {
    let email = EmailAddress::parse(&input.email).map(EmailAddress::into_string).ok();
    let this_try = throttle::admit(cx, email.as_deref().unwrap_or(&input.email)).await?;
    let member = match &email {
        Some(email) => by_email(cx, email).await?,
        None => None,
    };
    let hash = member.as_ref().and_then(|member| member.password_hash.clone());
    let is_right = password::verify(input.password, hash).await?;
    match member {
        Some(member) if is_right && member.is_active => welcome(cx, member, &this_try).await,
        known => Err(turn_away(cx, known, email).await?),
    }
}

/// Stays signed in: the next refresh token for the present one.
pub async fn refresh(cx: &Ctx, refresh_token: Option<String>) -> Result<SignedIn> {
    let shown = refresh_token.ok_or_else(over)?;
    let tx = cx.begin().await?;
    match session::rotate(&tx, &shown).await? {
        Rotation::Next(member, tokens) => {
            tx.commit(Audit::Bookkeeping).await?;
            Ok(SignedIn::new(*member, tokens))
        }
        Rotation::Replayed(member, family) => {
            tracing::warn!(%member, family, "a refresh token was used twice; the sign-in has ended");
            tx.commit(Audit::of(
                "member.replay_token",
                member.0,
                "refresh token used twice; signed out",
            ))
            .await?;
            Err(over())
        }
        Rotation::Refused => Err(over()),
    }
}

/// Signs out. Without a sign-in there is nothing to do, and that is fine.
pub async fn logout(cx: &Ctx, refresh_token: Option<String>) -> Result<()> {
    let Some(shown) = refresh_token else {
        return Ok(());
    };
    let Some((member, family)) = whose(cx, &shown).await? else {
        return Ok(());
    };
    let cx = cx.acting(session::actor(&member, &family));
    let tx = cx.begin().await?;
    session::end(&tx, &family).await?;
    tx.commit(Audit::of("member.sign_out", member.id.0, &member.email))
        .await
}

fn over() -> Error {
    Error::refused(Code::Unauthenticated, "this browser is not signed in any more")
}

async fn by_email(cx: &Ctx, email: &str) -> Result<Option<member::Model>> {
    let row = member::Entity::find()
        .filter(member::Column::Email.eq(email))
        .one(&cx.db)
        .await?;
    Ok(row)
}

async fn whose(cx: &Ctx, refresh_token: &str) -> Result<Option<(member::Model, String)>> {
    let Some(row) = session::by_refresh(&cx.db, refresh_token).await? else {
        return Ok(None);
    };
    let member = member::Entity::find_by_id(row.member_id).one(&cx.db).await?;
    Ok(member.map(|member| (member, row.family)))
}

/// The password was right: a new family of tokens, unless the member was disabled or has a new password by now.
async fn welcome(cx: &Ctx, mut member: member::Model, this_try: &throttle::Try) -> Result<SignedIn> {
    let family = session::new_family();
    let cx = cx.acting(session::actor(&member, &family));
    let tx = cx.begin().await?;
    if !note_sign_in(&tx, &member).await? {
        return Err(wrong());
    }
    member.last_sign_in_at = Some(tx.now());
    throttle::succeed(&tx, this_try).await?;
    let tokens = session::sign_in(&tx, member.id, &family).await?;
    tx.commit(Audit::of("member.sign_in", member.id.0, &member.email))
        .await?;
    Ok(SignedIn::new(member, tokens))
}

/// False if the member is not any more what the password was compared with.
async fn note_sign_in(tx: &Tx<'_>, member: &member::Model) -> Result<bool> {
    let noted = member::Entity::update_many()
        .col_expr(member::Column::LastSignInAt, Expr::value(tx.now()))
        .filter(member::Column::Id.eq(member.id))
        .filter(member::Column::IsActive.eq(true))
        .filter(member::Column::PasswordHash.eq(member.password_hash.clone()))
        .exec(tx.conn())
        .await?;
    Ok(noted.rows_affected == 1)
}

/// Keeps the miss in the audit trail, and gives the answer that tells nothing.
async fn turn_away(cx: &Ctx, known: Option<member::Model>, email: Option<String>) -> Result<Error> {
    let tx = cx.begin().await?;
    let name = email.unwrap_or_else(|| "not an address".to_owned());
    tx.commit(Audit::of("member.fail_sign_in", known.map(|member| member.id.0), name))
        .await?;
    Ok(wrong())
}

fn wrong() -> Error {
    Error::refused(Code::Unauthenticated, "the address or the password is wrong")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::access::Role;
    use shared::member::{Member, MemberPatch, NewMember};

    use super::*;
    use crate::domain::{audit, member as members, paging::Paging};
    use crate::testing::{self, App};

    const PASSWORD: &str = "lantern orbit velvet";

    async fn add(app: &App, email: &str, role: Role) -> Member {
        let input = NewMember {
            email: email.into(),
            name: "Ana Silva".into(),
            role,
        };
        members::add_with_password(&app.as_system("command line"), input, PASSWORD.into())
            .await
            .unwrap()
    }

    async fn with_ana() -> App {
        let app = testing::app().await;
        add(&app, "ana@example.org", Role::Owner).await;
        app
    }

    fn login_with(email: &str, password: &str) -> Login {
        Login {
            email: email.into(),
            password: password.into(),
        }
    }

    async fn actions(app: &App) -> Vec<(String, String)> {
        let list = audit::list(&app.as_role(Role::Owner), None, None, &Paging::new(None, None).unwrap())
            .await
            .unwrap();
        list.items
            .into_iter()
            .map(|entry| (entry.action, entry.actor_name))
            .collect()
    }

    #[tokio::test]
    async fn a_member_signs_in_and_is_known_by_the_access_token() {
        let app = with_ana().await;
        let signed_in = login(&app, login_with(" Ana@Example.org", PASSWORD)).await.unwrap();
        assert_eq!(signed_in.session.me.member.email, "ana@example.org");
        assert_eq!(signed_in.session.me.member.last_sign_in_at, Some(app.clock.now()));
        assert_eq!(signed_in.session.me.permissions, Role::Owner.permissions());

        let actor = session::actor_of(&app, &signed_in.session.access_token).await.unwrap();
        assert_eq!(actor.member().unwrap(), signed_in.session.me.member.id);
        assert_eq!(actions(&app).await[0], ("member.sign_in".into(), "Ana Silva".into()));
    }

    #[tokio::test]
    async fn unknown_wrong_and_disabled_get_the_same_answer() {
        let app = with_ana().await;
        let system = app.as_system("test");
        let bob = add(&app, "bob@example.org", Role::Viewer).await;
        let off = MemberPatch {
            name: None,
            role: None,
            is_active: Some(false),
        };
        members::update(&system, bob.id, off).await.unwrap();

        let mut answers = Vec::new();
        for (email, password) in [
            ("nobody@example.org", PASSWORD),
            ("ana@example.org", "lantern orbit velour"),
            ("bob@example.org", PASSWORD),
            ("not an address\0", PASSWORD),
        ] {
            answers.push(login(&app, login_with(email, password)).await.unwrap_err().to_problem());
        }
        assert_eq!(answers[0].code, Code::Unauthenticated);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        let failed = actions(&app)
            .await
            .iter()
            .filter(|(action, _)| action == "member.fail_sign_in")
            .count();
        assert_eq!(failed, 4);
    }

    #[tokio::test]
    async fn too_many_misses_hold_even_the_right_password_up() {
        let app = with_ana().await;
        for _ in 0..6 {
            login(&app, login_with("ana@example.org", "wrong")).await.unwrap_err();
        }
        let error = login(&app, login_with("ana@example.org", PASSWORD)).await.unwrap_err();
        assert!(
            matches!(error, Error::RateLimited(wait) if wait == Duration::from_secs(2)),
            "{error}"
        );
        app.clock.advance(Duration::from_secs(2));
        login(&app, login_with("ana@example.org", PASSWORD)).await.unwrap();
    }

    #[tokio::test]
    async fn a_refresh_token_shown_twice_signs_out_and_is_kept_in_the_trail() {
        let app = with_ana().await;
        let first = login(&app, login_with("ana@example.org", PASSWORD)).await.unwrap();
        let second = refresh(&app, Some(first.refresh_token.clone())).await.unwrap();
        assert_ne!(first.refresh_token, second.refresh_token);

        let error = refresh(&app, Some(first.refresh_token)).await.unwrap_err();
        assert_eq!(error.code(), Code::Unauthenticated);
        refresh(&app, Some(second.refresh_token)).await.unwrap_err();
        assert_eq!(actions(&app).await[0].0, "member.replay_token");
    }

    #[tokio::test]
    async fn signing_out_ends_the_access_token_too() {
        let app = with_ana().await;
        let signed_in = login(&app, login_with("ana@example.org", PASSWORD)).await.unwrap();
        logout(&app, Some(signed_in.refresh_token.clone())).await.unwrap();
        assert!(session::actor_of(&app, &signed_in.session.access_token).await.is_err());
        assert!(refresh(&app, Some(signed_in.refresh_token)).await.is_err());
        logout(&app, None).await.unwrap();
        logout(&app, Some("nonsense".into())).await.unwrap();
        assert_eq!(actions(&app).await[0], ("member.sign_out".into(), "Ana Silva".into()));
    }
}
