//! Subscriptions as their owners see them: asked for, confirmed, changed and ended, through the links in mails.
//!
//! Asking tells nobody whether an address is known: the answer is the same, and what differs is in the message. Nothing
//! but that one message is sent to an address before its owner has confirmed.

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, Set,
};
use shared::channel::{Channel, WebhookFormat};
use shared::preferences::{Digest, Preferences};
use shared::problem::{Code, FieldCode};
use shared::status_page::PublicPage;
use shared::subscriber::{ConfirmByCode, ManageSubscription, ManagedSubscription, PublicScope, Scope, Subscribe};
use shared::time::{days, hours, minutes};
use shared::{PageId, SubscriptionId, Timestamp, Validate};

use super::page::check_time_zone;
use super::{preferences, public_throttle, scope, status_page, target};
use crate::auth::link::{self, Link};
use crate::context::{Actor, Audit, Ctx, Job, Tx};
use crate::entity::{page, subscriber, subscription};
use crate::error::{Error, OnDuplicate, Result};

/// Least time between two mails that ask for a confirmation.
const ASK_AGAIN_AFTER: Duration = minutes(5);
/// Least time between two mails to someone who is subscribed already.
const REMIND_AGAIN_AFTER: Duration = hours(1);

/// Phones of a page that are asked for a confirmation in a day, as long as they do not give it.
const PHONES_A_DAY: u64 = 100;
/// How long a code is good for, and how many wrong ones may be typed.
const CODE_VALID_FOR: Duration = minutes(30);
const CODE_TRIES: i32 = 5;
const CODE: &str = "subscription code";

/// A new subscription's facts, before it has a number.
pub struct Wish {
    pub page: PageId,
    pub channel: Channel,
    pub target: String,
    pub scope: Scope,
    pub preferences: Preferences,
    pub locale: String,
    pub labels: Vec<String>,
    pub confirmed_at: Option<Timestamp>,
}

/// What a message about a subscription itself needs.
#[derive(Debug)]
pub struct Asked {
    pub is_confirmed: bool,
    pub channel: Channel,
    pub target: String,
    /// What a webhook's signatures are made with.
    pub secret: Option<String>,
    /// What to type in, where a link cannot be sent.
    pub code: Option<String>,
    pub locale: String,
    pub token: String,
    pub page: PublicPage,
}

/// Takes a wish to hear of a page's events, and has the mail sent that confirms it.
pub async fn subscribe(cx: &Ctx, page: &page::Model, input: Subscribe) -> Result<()> {
    input.validate()?;
    public_throttle::subscribing(cx)?;
    let channel = input.channel.unwrap_or(Channel::Email);
    if !page.channels().contains(&channel) {
        return Err(Error::field(
            "channel",
            FieldCode::NotAllowed,
            "is not offered by this page",
        ));
    }
    let target = address(channel, &input.target)?;
    let preferences = input.preferences.unwrap_or_else(Preferences::everything);
    check_time_zone(preferences.time_zone.as_deref())?;
    let scope = scope::from_codes(&input.scope.unwrap_or_else(PublicScope::all))?;
    scope::check(&cx.db, page.id, &scope, None).await?;
    let wish = Wish {
        page: page.id,
        channel,
        target,
        scope,
        preferences,
        labels: Vec::new(),
        locale: input.locale.unwrap_or_else(|| page.locale.clone()),
        confirmed_at: None,
    };

    let mut tx = cx.begin().await?;
    if channel == Channel::Sms {
        spare_phones(&tx, page.id).await?;
    }
    match by_target(&tx, (wish.page, wish.channel), &wish.target).await? {
        None => welcome(&mut tx, &wish).await?,
        Some(row) if row.confirmed_at.is_none() => ask_again(&mut tx, row, &wish).await?,
        Some(row) => remind(&mut tx, row).await?,
    }
    tx.commit(Audit::Bookkeeping).await
}

/// Messages to phones cost money, and numbers can be made up: of those that nobody has confirmed only so many are asked in a day.
async fn spare_phones(tx: &Tx<'_>, page: PageId) -> Result<()> {
    let asked = subscription::Entity::find()
        .filter(subscription::Column::PageId.eq(page))
        .filter(subscription::Column::Channel.eq(Channel::Sms))
        .filter(subscription::Column::ConfirmedAt.is_null())
        .filter(subscription::Column::ConfirmationSentAt.gte(tx.now() - days(1)))
        .count(tx.conn())
        .await?;
    if asked >= PHONES_A_DAY {
        return Err(Error::RateLimited(hours(1)));
    }
    Ok(())
}

/// The parsed form of an address that passed its check.
pub fn address(channel: Channel, text: &str) -> Result<String> {
    let parsed = channel.parse_target(text);
    parsed.map_err(|flaw| Error::field("target", flaw.code, flaw.message))
}

async fn by_target(
    tx: &Tx<'_>,
    (page, channel): (PageId, Channel),
    address: &str,
) -> Result<Option<subscription::Model>> {
    let hash = target::hash(&tx.cx.secrets, channel, address);
    let row = subscription::Entity::find()
        .filter(subscription::Column::PageId.eq(page))
        .filter(subscription::Column::Channel.eq(channel))
        .filter(subscription::Column::TargetHash.eq(hash))
        .one(tx.conn())
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
    let secrets = &tx.cx.secrets;
    let kept = target::seal(secrets, wish.channel, &wish.target)?;
    let secret = wish.channel.has_secret().then(webhook_secret);
    let secret = secret
        .map(|secret| target::seal_secret(secrets, &kept, &secret))
        .transpose()?;
    let owner = subscriber::ActiveModel {
        id: NotSet,
        page_id: Set(wish.page),
        locale: Set(wish.locale.clone()),
        labels: Set(wish.labels.join(",")),
        time_zone: Set(wish.preferences.time_zone.clone()),
        created_at: Set(now),
        updated_at: Set(now),
    }
    .insert(tx.conn())
    .await?;
    let mut row = subscription::ActiveModel {
        id: NotSet,
        page_id: Set(wish.page),
        subscriber_id: Set(owner.id),
        channel: Set(wish.channel),
        target: Set(String::new()),
        sealed_target: Set(Some(kept.sealed)),
        target_hash: Set(Some(kept.hash)),
        sealed_secret: Set(secret),
        follows_all: Set(wish.scope.is_all()),
        confirmed_at: Set(wish.confirmed_at),
        confirmation_sent_at: Set(None),
        kinds: Set(0),
        least_impact: Set(0),
        digest: Set(Digest::None),
        webhook_format: Set(WebhookFormat::Signet),
        quiet_from: Set(None),
        quiet_to: Set(None),
        paused_until: Set(None),
        failing_since: Set(None),
        suspended_at: Set(None),
        wrong_codes: Set(0),
        created_at: Set(now),
        updated_at: Set(now),
    };
    preferences::write(&wish.preferences, &mut row);
    let row = row.insert(tx.conn()).await.on_duplicate(|| {
        let refusal = Error::refused(Code::EmailTaken, "this address is subscribed to the page already");
        refusal.at("target", FieldCode::Taken)
    })?;
    scope::write(tx.conn(), row.id, &wish.scope).await?;
    Ok(row)
}

/// In the form that receivers of signed webhooks know (Standard Webhooks): 192 random bits.
fn webhook_secret() -> String {
    use base64::Engine as _;
    format!(
        "whsec_{}",
        base64::engine::general_purpose::STANDARD.encode(rand::random::<[u8; 24]>())
    )
}

/// Has the message sent that asks for a confirmation, or says that there is one.
pub async fn ask(tx: &mut Tx<'_>, id: SubscriptionId) -> Result<()> {
    subscription::ActiveModel {
        id: Set(id),
        confirmation_sent_at: Set(Some(tx.now())),
        wrong_codes: Set(0),
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
    set_preferences(tx, &row, &wish.preferences).await?;
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

/// Gives a subscription other preferences.
pub async fn set_preferences(tx: &Tx<'_>, row: &subscription::Model, wanted: &Preferences) -> Result<()> {
    let mut changed = subscription::ActiveModel {
        id: Set(row.id),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    preferences::write(wanted, &mut changed);
    changed.update(tx.conn()).await?;
    subscriber::ActiveModel {
        id: Set(row.subscriber_id),
        time_zone: Set(wanted.time_zone.clone()),
        updated_at: Set(tx.now()),
        ..Default::default()
    }
    .update(tx.conn())
    .await?;
    Ok(())
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
        confirm_row(cx, &row).await?;
    }
    let row = open(cx, token).await?;
    view(cx, row).await
}

async fn confirm_row(cx: &Ctx, row: &subscription::Model) -> Result<()> {
    let entry = entry(cx, "subscription.confirm", row);
    let cx = cx.acting(Actor::Subscriber { id: row.id });
    let tx = cx.begin().await?;
    let mut confirmed = row.clone().into_active_model();
    confirmed.confirmed_at = Set(Some(tx.now()));
    confirmed.updated_at = Set(tx.now());
    confirmed.update(tx.conn()).await?;
    tx.commit(entry).await
}

/// Confirms by the code that was sent to a phone. Whatever is wrong, the answer is the same.
pub async fn confirm_by_code(cx: &Ctx, page: &page::Model, input: ConfirmByCode) -> Result<ManagedSubscription> {
    public_throttle::confirming(cx)?;
    let wrong = || {
        Error::field(
            "code",
            FieldCode::NotAllowed,
            "is not the code that was sent, or is too old",
        )
    };
    let Ok(address) = input.channel.parse_target(&input.target) else {
        return Err(wrong());
    };
    let tx = cx.begin().await?;
    let found = by_target(&tx, (page.id, input.channel), &address).await?;
    let Some(row) = found.filter(|row| row.wrong_codes < CODE_TRIES) else {
        return Err(wrong());
    };
    let sent = code(cx, &row).filter(|_| !is_due(&row, CODE_VALID_FOR, tx.now()));
    if sent.as_deref() != Some(input.code.trim()) {
        let mut tried = row.clone().into_active_model();
        tried.wrong_codes = Set(row.wrong_codes + 1);
        tried.update(tx.conn()).await?;
        tx.commit(Audit::Bookkeeping).await?;
        return Err(wrong());
    }
    drop(tx);
    if row.confirmed_at.is_none() {
        confirm_row(cx, &row).await?;
    }
    let row = find(&cx.db, row.id).await?.ok_or_else(wrong)?;
    view(cx, row).await
}

/// Six digits that only someone who reads the messages to the address can know.
fn code(cx: &Ctx, row: &subscription::Model) -> Option<String> {
    let sent = row.confirmation_sent_at?;
    let message = format!("{}|{}", row.id, sent.as_millis());
    let bytes = cx.secrets.signer(CODE).sign(message.as_bytes());
    let (first, _) = bytes.split_first_chunk::<8>()?;
    Some(format!("{:06}", u64::from_be_bytes(*first) % 1_000_000))
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
        let before = scope::read(&cx.db, &[row.id]).await?;
        scope::check(&cx.db, row.page_id, wanted, before.get(&row.id)).await?;
    }
    let zone = input
        .preferences
        .as_ref()
        .and_then(|wanted| wanted.time_zone.as_deref());
    check_time_zone(zone)?;

    let entry = entry(cx, "subscription.update", &row);
    let owner = cx.acting(Actor::Subscriber { id: row.id });
    let tx = owner.begin().await?;
    if let Some(wanted) = &wanted {
        set_scope(&tx, &row, wanted).await?;
    }
    if let Some(wanted) = &input.preferences {
        set_preferences(&tx, &row, wanted).await?;
    }
    if let Some(locale) = &input.locale {
        set_locale(&tx, &row, locale).await?;
    }
    tx.commit(entry).await?;
    let row = open(cx, &input.token).await?;
    view(cx, row).await
}

/// Ends a subscription and forgets the address. One that has ended already is no error: mail programs ask twice.
pub async fn unsubscribe(cx: &Ctx, token: &str) -> Result<()> {
    let link = Link::parse(token).ok_or_else(expired)?;
    let Some(row) = find(&cx.db, link.subscription).await? else {
        return Ok(());
    };
    if !link.is_for(&cx.secrets, &target::open(&cx.secrets, &row)?) {
        return Err(expired());
    }
    let entry = entry(cx, "subscription.unsubscribe", &row);
    let cx = cx.acting(Actor::Subscriber { id: row.id });
    let tx = cx.begin().await?;
    subscriber::Entity::delete_by_id(row.subscriber_id)
        .exec(tx.conn())
        .await?;
    tx.commit(entry).await
}

/// What a mail about the subscription itself needs, if there is still such a subscription.
pub async fn asked(cx: &Ctx, id: SubscriptionId) -> Result<Option<Asked>> {
    let Some(row) = find(&cx.db, id).await? else {
        return Ok(None);
    };
    let Some(page) = page::Entity::find_by_id(row.page_id).one(&cx.db).await? else {
        return Ok(None);
    };
    let address = target::open(&cx.secrets, &row)?;
    Ok(Some(Asked {
        is_confirmed: row.confirmed_at.is_some(),
        channel: row.channel,
        secret: target::open_secret(&cx.secrets, &row)?,
        code: code(cx, &row),
        locale: owner(cx, &row).await?.map(|owner| owner.locale).unwrap_or_default(),
        token: link::token(&cx.secrets, row.id, &address),
        target: address,
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
    if link.is_for(&cx.secrets, &target::open(&cx.secrets, &row)?) {
        Ok(row)
    } else {
        Err(expired())
    }
}

fn expired() -> Error {
    Error::refused(Code::LinkExpired, "subscribe again for a new link")
}

async fn owner(cx: &Ctx, row: &subscription::Model) -> Result<Option<subscriber::Model>> {
    Ok(subscriber::Entity::find_by_id(row.subscriber_id).one(&cx.db).await?)
}

async fn view(cx: &Ctx, row: subscription::Model) -> Result<ManagedSubscription> {
    let scope = scope::read(&cx.db, &[row.id])
        .await?
        .remove(&row.id)
        .unwrap_or_else(Scope::all);
    let owner = owner(cx, &row).await?.ok_or_else(expired)?;
    let address = target::open(&cx.secrets, &row)?;
    Ok(ManagedSubscription {
        channel: row.channel,
        // Everyone in a room reads the link, and the address of a webhook is a key to the room.
        target: if row.channel.is_personal() {
            address
        } else {
            row.channel.hide(&address)
        },
        secret: target::open_secret(&cx.secrets, &row)?,
        is_confirmed: row.confirmed_at.is_some(),
        scope: scope::to_codes(&scope),
        preferences: preferences::read(&row, &owner),
        locale: owner.locale,
    })
}

// The trail outlives the subscription, so it does not hold the address.
fn entry(cx: &Ctx, action: &'static str, row: &subscription::Model) -> Audit {
    Audit::of(action, row.id.0, target::hidden(&cx.secrets, row))
}
