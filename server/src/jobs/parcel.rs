//! What a batch sends, ready to go: written once for all who hear of the same event in the same language.

use std::collections::HashMap;
use std::sync::Arc;

use shared::EventId;

use super::{Env, letter};
use crate::domain::dispatch::Dispatch;
use crate::notify::{self, Form, SendError, Subscription};

/// A delivery and the mail it carries.
pub struct Parcel {
    pub dispatch: Dispatch,
    /// Or why there is nothing to send.
    form: Result<Arc<Form>, String>,
}

/// Writes what is to be said.
pub fn pack(env: &Env, dispatches: Vec<Dispatch>) -> Vec<Parcel> {
    let mut forms: HashMap<(EventId, String), Result<Arc<Form>, String>> = HashMap::new();
    let pack = |dispatch: Dispatch| {
        let key = (dispatch.delivery.event_id, dispatch.locale.clone());
        let form = forms.entry(key).or_insert_with(|| write(env, &dispatch).map(Arc::new));
        Parcel {
            form: form.clone(),
            dispatch,
        }
    };
    dispatches.into_iter().map(pack).collect()
}

fn write(env: &Env, dispatch: &Dispatch) -> Result<Form, String> {
    // Nobody can know it beforehand and write it into an incident. As long as a token: 32 characters.
    let stand_in = uuid::Uuid::new_v4().simple().to_string();
    let letter = letter::of_story(dispatch, &stand_in)?;
    let message = notify::render(&letter).map_err(|error| format!("{error:#}"))?;
    let subscription = Subscription {
        unsubscribe_url: format!("{}/unsubscribe/{stand_in}", dispatch.page.url),
        stand_in,
    };
    env.mailer
        .compose(&dispatch.page.name, &message, Some(&subscription))
        .map_err(|error| format!("{error:#}"))
}

impl Parcel {
    /// One try; the answer is what the other side said.
    pub async fn send(&self, env: &Env) -> Result<String, SendError> {
        let form = self.form.as_ref().map_err(|reason| SendError::Never(reason.clone()))?;
        let Dispatch {
            delivery,
            target,
            token,
            ..
        } = &self.dispatch;
        let id = format!("delivery-{}", delivery.id);
        env.mailer.send_form(form, &id, target, token).await
    }
}
