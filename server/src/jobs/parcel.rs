//! What a batch sends, ready to go: mails are written once for all who hear of the same events in the same language.

use std::collections::HashMap;
use std::sync::Arc;

use shared::channel::Channel;
use shared::{DeliveryId, EventId, SubscriptionId};
use url::Url;

use super::{Env, letter};
use crate::domain::dispatch::Dispatch;
use crate::notify::channel::{self, Note, Receipt};
use crate::notify::{self, Form, Letter, SendError, Subscription};

/// Deliveries that go as one message, and that message.
pub struct Parcel {
    pub dispatch: Dispatch,
    /// More of the same digest.
    rest: Vec<Dispatch>,
    /// What shares the patience of one other side.
    pub host: String,
    content: Content,
}

/// Or why there is nothing to send.
enum Content {
    Mail(Result<Arc<Form>, String>),
    Note(Result<Box<Letter>, &'static str>),
}

type Forms = HashMap<(Vec<EventId>, String), Result<Arc<Form>, String>>;

/// Writes what is to be said.
pub fn pack(env: &Env, dispatches: Vec<Dispatch>) -> Vec<Parcel> {
    let mut forms = Forms::new();
    let together = together(dispatches).into_iter();
    together
        .filter_map(|stories| pack_one(env, &mut forms, stories))
        .collect()
}

/// Digests in one, everything else by itself.
fn together(dispatches: Vec<Dispatch>) -> Vec<Vec<Dispatch>> {
    let mut parts: Vec<Vec<Dispatch>> = Vec::new();
    let mut digests: HashMap<SubscriptionId, usize> = HashMap::new();
    for dispatch in dispatches {
        let id = dispatch.subscription.id;
        match digests.get(&id).and_then(|place| parts.get_mut(*place)) {
            Some(part) => part.push(dispatch),
            None => {
                if dispatch.is_for_digest() {
                    digests.insert(id, parts.len());
                }
                parts.push(vec![dispatch]);
            }
        }
    }
    parts
}

fn pack_one(env: &Env, forms: &mut Forms, stories: Vec<Dispatch>) -> Option<Parcel> {
    let first = stories.first()?;
    let content = if first.subscription.channel == Channel::Email {
        let events = stories.iter().map(|story| story.delivery.event_id).collect();
        let key = (events, first.locale.clone());
        let form = forms.entry(key).or_insert_with(|| write(env, &stories).map(Arc::new));
        Content::Mail(form.clone())
    } else {
        Content::Note(letter::of_stories(&stories, &first.token).map(Box::new))
    };
    let host = host_of(first);
    let mut stories = stories.into_iter();
    Some(Parcel {
        dispatch: stories.next()?,
        rest: stories.collect(),
        host,
        content,
    })
}

/// The host of an address, or the service that has one for all.
fn host_of(dispatch: &Dispatch) -> String {
    let url = Url::parse(&dispatch.target).ok();
    let host = url
        .as_ref()
        .and_then(|url| Some(format!("{}:{:?}", url.host_str()?, url.port_or_known_default())));
    host.unwrap_or_else(|| dispatch.subscription.channel.to_string())
}

fn write(env: &Env, stories: &[Dispatch]) -> Result<Form, String> {
    // Nobody can know it beforehand and write it into an incident. As long as a token: 32 characters.
    let stand_in = uuid::Uuid::new_v4().simple().to_string();
    let letter = letter::of_stories(stories, &stand_in)?;
    let message = notify::render(&letter).map_err(|error| format!("{error:#}"))?;
    let subscription = Subscription {
        unsubscribe_url: format!("{}/unsubscribe/{stand_in}", letter.page.url),
        stand_in,
    };
    env.mailer
        .compose(&letter.page.name, &message, Some(&subscription))
        .map_err(|error| format!("{error:#}"))
}

impl Parcel {
    /// The deliveries that go with it.
    pub fn all(&self) -> impl Iterator<Item = &Dispatch> {
        std::iter::once(&self.dispatch).chain(&self.rest)
    }

    pub fn ids(&self) -> impl Iterator<Item = DeliveryId> {
        self.all().map(|dispatch| dispatch.delivery.id)
    }

    /// One try; the answer is what the other side said.
    pub async fn send(&self, env: &Env) -> Result<Receipt, SendError> {
        let Dispatch {
            delivery,
            target,
            token,
            secret,
            thread,
            ..
        } = &self.dispatch;
        let id = format!("delivery-{}", delivery.id);
        match &self.content {
            Content::Mail(form) => {
                let form = form.as_ref().map_err(|reason| SendError::Never(reason.clone()))?;
                let said = env.mailer.send_form(form, &id, target, token).await?;
                Ok(Receipt { said, message_id: None })
            }
            Content::Note(letter) => {
                let letter = letter
                    .as_ref()
                    .map_err(|reason| SendError::Never((*reason).to_owned()))?;
                let note = Note {
                    letter,
                    target,
                    secret: secret.as_deref(),
                    format: self.dispatch.subscription.webhook_format,
                    overall: None,
                    delivery: &id,
                    thread: thread.as_deref(),
                    now: env.cx.clock.now(),
                };
                channel::send(&env.channels, delivery.channel, &note).await
            }
        }
    }
}
