//! The first start: a link for the first owner, and the key that the database belongs to.

use anyhow::anyhow;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, Set,
};
use shared::Validate;
use shared::access::Role;
use shared::member::{NewMember, Setup, SetupState};
use shared::problem::Code;

use super::session::SignedIn;
use super::{member as members, page as pages};
use crate::auth::{password, session};
use crate::context::secrets::{hash_token, random_token};
use crate::context::{Audit, Ctx, Tx};
use crate::entity::{member, page, setting};
use crate::error::{Error, Result};

/// The setting that holds the hash of the link's token, until it is used.
const TOKEN: &str = "setup_token";
/// The setting that tells which key signs what this database holds.
const FINGERPRINT: &str = "app_key_fingerprint";

/// On a new installation, makes the link that the first owner opens; the one of an earlier start is void.
/// Refuses to go on with a key that is not the database's.
pub async fn prepare(cx: &Ctx) -> Result<Option<String>> {
    check_app_key(cx).await?;
    if !state(cx).await?.is_needed {
        return Ok(None);
    }
    let token = random_token();
    let tx = cx.begin().await?;
    write(&tx, TOKEN, hash_token(&token), true).await?;
    tx.commit(Audit::Bookkeeping).await?;
    // After the hash sign it stays in the browser and out of every log on the way.
    Ok(Some(format!("{}/admin/setup#{token}", cx.config.public_url())))
}

/// Refuses a key other than the one this database was first opened with: links and sign-ins would silently break.
pub async fn check_app_key(cx: &Ctx) -> Result<()> {
    let ours = cx.secrets.fingerprint();
    let tx = cx.begin().await?;
    write(&tx, FINGERPRINT, ours.clone(), false).await?;
    let known = read(tx.conn(), FINGERPRINT).await?;
    tx.commit(Audit::Bookkeeping).await?;
    match known {
        Some(known) if known != ours => Err(anyhow!(
            "the app key ({ours}) is not the one this database was made with ({known}): \
             put back the file data/secrets/app.key, or set secrets.app_key to the key the other processes use"
        )
        .into()),
        _ => Ok(()),
    }
}

/// Whether the installation still waits for its first owner.
pub async fn state(cx: &Ctx) -> Result<SetupState> {
    Ok(SetupState {
        is_needed: !has_members(&cx.db).await?,
    })
}

/// Makes the first owner, names the page, and signs in. The link's token is the credential, and works once.
pub async fn complete(cx: &Ctx, input: Setup) -> Result<SignedIn> {
    input.validate()?;
    pages::check_time_zone(input.time_zone.as_deref())?;
    let token = hash_token(&input.token);
    if read(&cx.db, TOKEN).await?.as_ref() != Some(&token) {
        return Err(link_expired());
    }
    password::judge("password", &input.password, &input.email, &input.name).await?;
    let hash = password::hash(input.password.clone()).await?;
    pages::ensure_default(&cx.as_system("setup")).await?;

    let as_setup = cx.as_system("setup");
    let mut tx = as_setup.begin().await?;
    use_token(&tx, &token).await?;
    let mut owner = members::insert(&tx, &owner(&input), Some(hash)).await?;
    owner.last_sign_in_at = Some(tx.now());
    owner.clone().into_active_model().reset_all().update(tx.conn()).await?;
    name_page(&mut tx, &input).await?;
    let tokens = session::sign_in(&tx, owner.id, &session::new_family()).await?;
    tx.commit(Audit::of("member.create", owner.id.0, &owner.email).after(&shared::member::Member::from(owner.clone())))
        .await?;
    Ok(SignedIn::new(owner, tokens))
}

fn owner(input: &Setup) -> NewMember {
    NewMember {
        email: input.email.clone(),
        name: input.name.clone(),
        role: Role::Owner,
    }
}

async fn has_members(conn: &impl ConnectionTrait) -> Result<bool> {
    Ok(member::Entity::find().count(conn).await? > 0)
}

/// Uses the token up; of two that come at the same moment one is refused.
async fn use_token(tx: &Tx<'_>, hash: &str) -> Result<()> {
    let used = setting::Entity::delete_many()
        .filter(setting::Column::Key.eq(TOKEN))
        .filter(setting::Column::Value.eq(hash))
        .exec(tx.conn())
        .await?;
    if used.rows_affected == 1 && !has_members(tx.conn()).await? {
        return Ok(());
    }
    Err(link_expired())
}

fn link_expired() -> Error {
    Error::refused(
        Code::LinkExpired,
        "the setup link was used or replaced: the server prints a new one when it starts, until there is an owner",
    )
}

async fn name_page(tx: &mut Tx<'_>, input: &Setup) -> Result<()> {
    let default = page::Entity::find()
        .filter(page::Column::IsDefault.eq(true))
        .one(tx.conn())
        .await?;
    let Some(default) = default else {
        return Ok(());
    };
    let id = default.id;
    let mut row = default.into_active_model();
    if let Some(name) = input.page_name.as_ref().filter(|name| !name.is_empty()) {
        row.name = Set(name.clone());
    }
    if let Some(time_zone) = &input.time_zone {
        row.time_zone = Set(time_zone.clone());
    }
    row.updated_at = Set(tx.now());
    row.update(tx.conn()).await?;
    tx.touch(id);
    Ok(())
}

async fn read(conn: &impl ConnectionTrait, key: &str) -> Result<Option<String>> {
    let row = setting::Entity::find_by_id(key.to_owned()).one(conn).await?;
    Ok(row.map(|row| row.value))
}

/// Writes a setting; one that is there is replaced, or else kept.
async fn write(tx: &Tx<'_>, key: &str, value: String, is_replacing: bool) -> Result<()> {
    let row = setting::ActiveModel {
        key: Set(key.to_owned()),
        value: Set(value),
        updated_at: Set(tx.now()),
    };
    let mut on_conflict = OnConflict::column(setting::Column::Key);
    if is_replacing {
        on_conflict.update_columns([setting::Column::Value, setting::Column::UpdatedAt]);
    } else {
        // Writing the key over itself changes nothing on any database.
        on_conflict.update_column(setting::Column::Key);
    }
    setting::Entity::insert(row)
        .on_conflict(on_conflict)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::context::Secrets;
    use crate::testing;

    fn answers(link: &str) -> Setup {
        Setup {
            token: link.split_once('#').unwrap().1.into(),
            email: "Ana@Example.org".into(),
            name: "Ana Silva".into(),
            password: "lantern orbit velvet".into(),
            page_name: Some("Example status".into()),
            time_zone: Some("Europe/Berlin".into()),
        }
    }

    #[tokio::test]
    async fn the_first_owner_opens_the_link_and_is_signed_in() {
        let app = testing::app().await;
        let link = prepare(&app).await.unwrap().unwrap();
        assert!(link.starts_with("http://127.0.0.1:8000/admin/setup#"), "{link}");
        assert!(state(&app).await.unwrap().is_needed);

        let signed_in = complete(&app, answers(&link)).await.unwrap();
        let me = signed_in.session.me;
        assert_eq!(
            (me.member.email.as_str(), me.member.role),
            ("ana@example.org", Role::Owner)
        );
        session::actor_of(&app, &signed_in.session.access_token).await.unwrap();
        let page = pages::default(&app).await.unwrap();
        assert_eq!(
            (page.name.as_str(), page.time_zone.as_str()),
            ("Example status", "Europe/Berlin")
        );

        assert!(!state(&app).await.unwrap().is_needed);
        assert_eq!(prepare(&app).await.unwrap(), None);
        assert_eq!(
            complete(&app, answers(&link)).await.unwrap_err().code(),
            Code::LinkExpired
        );
    }

    #[tokio::test]
    async fn a_restart_makes_a_new_link_and_voids_the_old() {
        let app = testing::app().await;
        let first = prepare(&app).await.unwrap().unwrap();
        let second = prepare(&app).await.unwrap().unwrap();
        assert_eq!(
            complete(&app, answers(&first)).await.unwrap_err().code(),
            Code::LinkExpired
        );
        complete(&app, answers(&second)).await.unwrap();
    }

    #[tokio::test]
    async fn of_two_who_open_the_link_at_once_one_becomes_owner() {
        let app = testing::app().await;
        let link = prepare(&app).await.unwrap().unwrap();
        let other = Setup {
            email: "eve@example.org".into(),
            ..answers(&link)
        };
        let (one, two) = futures::join!(complete(&app, answers(&link)), complete(&app, other));
        assert!(one.is_ok() != two.is_ok());
    }

    #[tokio::test]
    async fn wrong_answers_leave_the_link_usable() {
        let app = testing::app().await;
        let link = prepare(&app).await.unwrap().unwrap();
        let weak = Setup {
            password: "passwordpassword".into(),
            ..answers(&link)
        };
        let nowhere = Setup {
            time_zone: Some("Europe/Nowhere".into()),
            ..answers(&link)
        };
        for wrong in [weak, nowhere] {
            assert_eq!(complete(&app, wrong).await.unwrap_err().code(), Code::Invalid);
        }
        complete(&app, answers(&link)).await.unwrap();
    }

    #[tokio::test]
    async fn another_key_does_not_open_the_database() {
        let app = testing::app().await;
        check_app_key(&app).await.unwrap();
        check_app_key(&app).await.unwrap();
        let mut other = app.cx.clone();
        other.secrets = Arc::new(Secrets::random());
        let error = prepare(&other).await.unwrap_err().to_string();
        assert!(error.contains("is not the one this database was made with"), "{error}");
    }
}
