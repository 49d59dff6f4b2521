//! Subscriptions as their owners see them: asked for, confirmed, changed and ended, through the links in mails.
//!
//! Asking tells nobody whether an address is known: the answer is the same, and what differs is in the mail. Nothing
//! but that one mail is sent to an address before its owner has confirmed.

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, Set,
};
use shared::problem::{Code, FieldCode};
use shared::status_page::PublicPage;
use shared::subscriber::{Channel, ManageSubscription, ManagedSubscription, PublicScope, Scope, Subscribe};
use shared::text::EmailAddress;
use shared::time::{hours, minutes};
use shared::{PageId, SubscriptionId, Timestamp, Validate};

use super::delivery::hide;
use super::{public_throttle, scope, status_page};
use crate::auth::link::{self, Link};
use crate::context::{Actor, Audit, Ctx, Job, Tx};
use crate::entity::{page, subscriber, subscription};
use crate::error::{Error, OnDuplicate, Result};

/// Least time between two mails that ask for a confirmation.
const ASK_AGAIN_AFTER: Duration = minutes(5);
/// Least time between two mails to someone who is subscribed already.
const REMIND_AGAIN_AFTER: Duration = hours(1);

/// A new subscription's facts, before it has a number.
pub struct Wish {
    pub page: PageId,
    pub target: String,
    pub scope: Scope,
    pub locale: String,
    pub confirmed_at: Option<Timestamp>,
}

/// What a mail about a subscription itself needs.
#[derive(Debug)]
pub struct Asked {
    pub is_confirmed: bool,
    pub target: String,
    pub locale: String,
    pub token: String,
    pub page: PublicPage,
}

/// Takes a wish to hear of a page's events, and has the mail sent that confirms it.
pub async fn subscribe(cx: &Ctx, page: &page::Model, input: Subscribe) -> Result<()> {
    input.validate()?;
    public_throttle::subscribing(cx)?;
    let target = address(&input.email)?;
    let scope = scope::from_codes(&input.scope.unwrap_or_else(PublicScope::all))?;
    scope::check(&cx.db, page.id, &scope).await?;
    let wish = Wish {
        page: page.id,
        target,
        scope,
        locale: input.locale.unwrap_or_else(|| page.locale.clone()),
        confirmed_at: None,
    };

    let mut tx = cx.begin().await?;
    match by_target(tx.conn(), wish.page, &wish.target).await? {
        None => welcome(&mut tx, &wish).await?,
        Some(row) if row.confirmed_at.is_none() => ask_again(&mut tx, row, &wish).await?,
        Some(row) => remind(&mut tx, row).await?,
    }
    tx.commit(Audit::Bookkeeping).await
}

/// The parsed form of an address that passed its check.
pub fn address(email: &str) -> Result<String> {
    match EmailAddress::parse(email) {
        Ok(address) => Ok(address.into_string()),
        Err(flaw) => Err(Error::field("email", flaw.code, flaw.message)),
    }
}

async fn by_target(conn: &impl ConnectionTrait, page: PageId, target: &str) -> Result<Option<subscription::Model>> {
    let row = subscription::Entity::find()
        .filter(subscription::Column::PageId.eq(page))
        .filter(subscription::Column::Channel.eq(Channel::Email))
        .filter(subscription::Column::Target.eq(target))
        .one(conn)
        .await?;
    Ok(row)
}

async fn welcome(tx: &mut Tx<'_>, wish: &Wish) -> Result<()> {
    let row = insert(tx, wish).await?;
    ask(tx, row.id).await
}

/// Writes a subscriber with one subscription.
pub async fn insert(tx: &Tx<'_>, wish: &Wish) -> Result<subscription::Model> {
    let now = tx.now();
    let owner = subscriber::ActiveModel {
        id: NotSet,
        page_id: Set(wish.page),
        locale: Set(wish.locale.clone()),
        created_at: Set(now),
        updated_at: Set(now),
    }
    .insert(tx.conn())
    .await?;
    let row = subscription::ActiveModel {
        id: NotSet,
        page_id: Set(wish.page),
        subscriber_id: Set(owner.id),
        channel: Set(Channel::Email),
        target: Set(wish.target.clone()),
        follows_all: Set(wish.scope.is_all()),
        confirmed_at: Set(wish.confirmed_at),
        confirmation_sent_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    }
    .insert(tx.conn())
    .await
    .on_duplicate(|| {
        let refusal = Error::refused(Code::EmailTaken, "this address is subscribed to the page already");
        refusal.at("email", FieldCode::Taken)
    })?;
    scope::write(tx.conn(), row.id, &wish.scope).await?;
    Ok(row)
}

/// Has the mail sent that asks for a confirmation, or says that there is one.
pub async fn ask(tx: &mut Tx<'_>, id: SubscriptionId) -> Result<()> {
    subscription::ActiveModel {
        id: Set(id),
        confirmation_sent_at: Set(Some(tx.now())),
        ..Default::default()
    }
    .update(tx.conn())
    .await?;
    tx.enqueue(&Job::SendConfirmation { subscription: id }).await
}

/// Someone pending asks again: the last wish counts, and the mail is sent again if the last is a while ago.
async fn ask_again(tx: &mut Tx<'_>, row: subscription::Model, wish: &Wish) -> Result<()> {
    let is_due = is_due(&row, ASK_AGAIN_AFTER, tx.now());
    let id = row.id;
    set_scope(tx, &row, &wish.scope).await?;
    set_locale(tx, &row, &wish.locale).await?;
    if is_due { ask(tx, id).await } else { Ok(()) }
}

/// Someone asks for what the owner of the address has already: only the owner is told, and nothing changes.
async fn remind(tx: &mut Tx<'_>, row: subscription::Model) -> Result<()> {
    if is_due(&row, REMIND_AGAIN_AFTER, tx.now()) {
        ask(tx, row.id).await
    } else {
        Ok(())
    }
}

fn is_due(row: &subscription::Model, after: Duration, now: Timestamp) -> bool {
    row.confirmation_sent_at.is_none_or(|sent| now.since(sent) >= after)
}

/// Gives a subscription another scope.
pub async fn set_scope(tx: &Tx<'_>, row: &subscription::Model, wanted: &Scope) -> Result<()> {
    let mut changed = row.clone().into_active_model();
    changed.follows_all = Set(wanted.is_all());
    changed.updated_at = Set(tx.now());
    changed.update(tx.conn()).await?;
    scope::write(tx.conn(), row.id, wanted).await
}

async fn set_locale(tx: &Tx<'_>, row: &subscription::Model, locale: &str) -> Result<()> {
    subscriber::ActiveModel {
        id: Set(row.subscriber_id),
        locale: Set(locale.to_owned()),
        updated_at: Set(tx.now()),
        ..Default::default()
    }
    .update(tx.conn())
    .await?;
    Ok(())
}

/// Confirms that the address is its owner's. Safe to repeat.
pub async fn confirm(cx: &Ctx, token: &str) -> Result<ManagedSubscription> {
    let row = open(cx, token).await?;
    if row.confirmed_at.is_none() {
        let cx = cx.acting(Actor::Subscriber { id: row.id });
        let tx = cx.begin().await?;
        let mut confirmed = row.clone().into_active_model();
        confirmed.confirmed_at = Set(Some(tx.now()));
        confirmed.updated_at = Set(tx.now());
        confirmed.update(tx.conn()).await?;
        tx.commit(entry("subscription.confirm", &row)).await?;
    }
    let row = open(cx, token).await?;
    view(cx, row).await
}

/// What the owner of a link sees of themselves.
pub async fn lookup(cx: &Ctx, token: &str) -> Result<ManagedSubscription> {
    let row = open(cx, token).await?;
    view(cx, row).await
}

/// Changes what the owner of a link hears, and in which language.
pub async fn manage(cx: &Ctx, input: ManageSubscription) -> Result<ManagedSubscription> {
    input.validate()?;
    let row = open(cx, &input.token).await?;
    let wanted = input.scope.as_ref().map(scope::from_codes).transpose()?;
    if let Some(wanted) = &wanted {
        scope::check(&cx.db, row.page_id, wanted).await?;
    }

    let owner = cx.acting(Actor::Subscriber { id: row.id });
    let tx = owner.begin().await?;
    if let Some(wanted) = &wanted {
        set_scope(&tx, &row, wanted).await?;
    }
    if let Some(locale) = &input.locale {
        set_locale(&tx, &row, locale).await?;
    }
    tx.commit(entry("subscription.update", &row)).await?;
    let row = open(cx, &input.token).await?;
    view(cx, row).await
}

/// Ends a subscription and forgets the address. One that has ended already is no error: mail programs ask twice.
pub async fn unsubscribe(cx: &Ctx, token: &str) -> Result<()> {
    let link = Link::parse(token).ok_or_else(expired)?;
    let Some(row) = find(&cx.db, link.subscription).await? else {
        return Ok(());
    };
    if !link.is_for(&cx.secrets, &row.target) {
        return Err(expired());
    }
    let cx = cx.acting(Actor::Subscriber { id: row.id });
    let tx = cx.begin().await?;
    subscriber::Entity::delete_by_id(row.subscriber_id)
        .exec(tx.conn())
        .await?;
    tx.commit(entry("subscription.unsubscribe", &row)).await
}

/// What a mail about the subscription itself needs, if there is still such a subscription.
pub async fn asked(cx: &Ctx, id: SubscriptionId) -> Result<Option<Asked>> {
    let Some(row) = find(&cx.db, id).await? else {
        return Ok(None);
    };
    let Some(page) = page::Entity::find_by_id(row.page_id).one(&cx.db).await? else {
        return Ok(None);
    };
    Ok(Some(Asked {
        is_confirmed: row.confirmed_at.is_some(),
        locale: locale(cx, &row).await?,
        token: link::token(&cx.secrets, row.id, &row.target),
        target: row.target,
        page: status_page::public_page(cx, &page),
    }))
}

async fn find(conn: &impl ConnectionTrait, id: SubscriptionId) -> Result<Option<subscription::Model>> {
    Ok(subscription::Entity::find_by_id(id).one(conn).await?)
}

/// The subscription a token is for. A token of ours whose subscription is gone and one that never was look the same.
async fn open(cx: &Ctx, token: &str) -> Result<subscription::Model> {
    let link = Link::parse(token).ok_or_else(expired)?;
    let row = find(&cx.db, link.subscription).await?.ok_or_else(expired)?;
    if link.is_for(&cx.secrets, &row.target) {
        Ok(row)
    } else {
        Err(expired())
    }
}

fn expired() -> Error {
    Error::refused(Code::LinkExpired, "subscribe again for a new link")
}

async fn locale(cx: &Ctx, row: &subscription::Model) -> Result<String> {
    let owner = subscriber::Entity::find_by_id(row.subscriber_id).one(&cx.db).await?;
    Ok(owner.map(|owner| owner.locale).unwrap_or_default())
}

async fn view(cx: &Ctx, row: subscription::Model) -> Result<ManagedSubscription> {
    let scope = scope::read(&cx.db, &[row.id])
        .await?
        .remove(&row.id)
        .unwrap_or_else(Scope::all);
    Ok(ManagedSubscription {
        channel: row.channel,
        locale: locale(cx, &row).await?,
        target: row.target,
        is_confirmed: row.confirmed_at.is_some(),
        scope: scope::to_codes(&scope),
    })
}

// The trail outlives the subscription, so it does not hold the address.
fn entry(action: &'static str, row: &subscription::Model) -> Audit {
    Audit::of(action, row.id.0, hide(&row.target))
}
