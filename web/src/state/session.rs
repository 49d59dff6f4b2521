//! Who is signed in. The access token lives in memory only; what survives a reload is the cookie of the server.

use futures::channel::oneshot;
use futures::future::{LocalBoxFuture, Shared};
use leptos::prelude::*;
use shared::Timestamp;
use shared::member::Me;
use shared::session::Session;

use crate::api::{ApiError, ApiResult};

/// How far signing in has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The cookie is being tried.
    Starting,
    /// Nobody is signed in.
    Out,
    /// Somebody is.
    In,
    /// Somebody was, and has to give the password again; what is on the screen stays.
    Expired,
}

/// The key to the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    pub token: String,
    pub expires_at: Timestamp,
}

type Refreshing = Shared<LocalBoxFuture<'static, ApiResult<bool>>>;

/// Who is signed in, as signals.
#[derive(Clone, Copy)]
pub struct SessionState {
    pub phase: RwSignal<Phase>,
    pub me: RwSignal<Option<Me>>,
    access: StoredValue<Option<Access>>,
    waiting: StoredValue<Vec<oneshot::Sender<()>>>,
    /// The refresh under way, if there is one.
    pub refreshing: StoredValue<Option<Refreshing>, LocalStorage>,
}

impl SessionState {
    /// Nothing known yet.
    pub fn starting() -> Self {
        Self {
            phase: RwSignal::new(Phase::Starting),
            me: RwSignal::new(None),
            access: StoredValue::new(None),
            waiting: StoredValue::new(Vec::new()),
            refreshing: StoredValue::new_local(None),
        }
    }

    /// The bearer token, while somebody is signed in.
    pub fn token(self) -> Option<String> {
        self.access().map(|access| access.token)
    }

    /// The token and when it ends.
    pub fn access(self) -> Option<Access> {
        self.access.get_value()
    }

    /// Somebody has signed in; requests that waited for it go on.
    pub fn enter(self, session: Session) {
        self.access.set_value(Some(Access {
            token: session.access_token,
            expires_at: session.expires_at,
        }));
        if self.me.with_untracked(|me| me.as_ref() != Some(&session.me)) {
            self.me.set(Some(session.me));
        }
        if self.phase.get_untracked() != Phase::In {
            self.phase.set(Phase::In);
        }
        self.wake();
    }

    /// Nobody is signed in from now on.
    pub fn leave(self) {
        self.access.set_value(None);
        self.me.set(None);
        self.phase.set(Phase::Out);
        // Dropping the senders ends the requests that waited.
        self.waiting.update_value(Vec::clear);
    }

    /// Asks for the password over the page and waits until it was given. Fails if the person leaves instead.
    pub async fn sign_in_again(self) -> ApiResult<()> {
        if self.phase.get_untracked() == Phase::Out {
            return Err(ApiError::Offline);
        }
        let (sender, receiver) = oneshot::channel();
        self.waiting.update_value(|waiting| waiting.push(sender));
        self.phase.set(Phase::Expired);
        receiver.await.map_err(|_| ApiError::Offline)
    }

    fn wake(self) {
        self.waiting.update_value(|waiting| {
            for sender in waiting.drain(..) {
                // The one who waited may have gone away.
                let _ = sender.send(());
            }
        });
    }
}
