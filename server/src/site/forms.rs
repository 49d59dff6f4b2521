//! The forms of subscribers. They work without scripts; a link in a mail only asks, and the button does it, because
//! mail scanners open links.

use poem::http::StatusCode;
use poem::web::{Path, Query};
use poem::{Request, Response, handler};
use shared::channel::{Channel, WebhookFormat};
use shared::event::EventKind;
use shared::incident::Impact;
use shared::preferences::{Digest, Preferences, QuietHours};
use shared::problem::{Code, FieldCode};
use shared::status_page::StatusPage;
use shared::subscriber::{ConfirmByCode, ManageSubscription, ManagedSubscription, PublicScope, Subscribe};
use shared::time::days;
use shared::{Coded, FieldError, Timestamp};
use web::pages::status::{Asked, ManageForm, PlainView, SubscribeForm};

use super::page::{Visit, Wishes, failed, personal, visit};
use crate::domain::{status_page, subscription};
use crate::error::{Error, Result};

/// Which incident the form is about.
#[derive(serde::Deserialize)]
pub struct Following {
    incident: Option<String>,
}

/// `GET /subscribe`, also for one incident only
#[handler]
pub async fn subscribe(
    request: &Request,
    Query(wishes): Query<Wishes>,
    Query(following): Query<Following>,
) -> Response {
    with_visit(request, &wishes, async |visit| {
        let scope = following.incident.map(|code| PublicScope {
            incidents: vec![code],
            ..PublicScope::all()
        });
        let form = SubscribeForm {
            scope,
            ..SubscribeForm::default()
        };
        subscribe_page(visit, StatusCode::OK, form).await
    })
    .await
}

/// The form, with what the page offers and what the incident is called that it may be about.
async fn subscribe_page(visit: &Visit, status: StatusCode, form: SubscribeForm) -> Response {
    let code = form.scope.as_ref().and_then(|scope| scope.incidents.first());
    let incident = match code {
        Some(code) => match status_page::incident(&visit.cx, visit.page.id, code).await {
            Ok(incident) => Some(incident.title),
            Err(error) => return failed(&error),
        },
        None => None,
    };
    let form = SubscribeForm {
        channels: visit.page.channels(),
        incident,
        ..form
    };
    let zone = visit.page.time_zone.clone();
    personal(visit, "/subscribe", status, async |page| {
        Ok(PlainView::Subscribe {
            groups: page.groups.clone(),
            components: page.components.clone(),
            form: Box::new(form),
            zone,
        })
    })
    .await
}

/// `POST /subscribe`
#[handler]
pub async fn send_subscribe(request: &Request, body: Vec<u8>, Query(wishes): Query<Wishes>) -> Response {
    let fields = Fields::read(&body);
    with_visit(request, &wishes, async |visit| {
        let mut form = SubscribeForm {
            channel: Channel::from_word(fields.one("channel")),
            target: fields.one("target").to_owned(),
            scope: fields.scope(),
            preferences: fields.preferences(None, visit.cx.clock.now()),
            ..SubscribeForm::default()
        };
        // A field people do not see: whoever fills it in is a program, and is thanked like everybody else.
        let outcome = if fields.one("website").is_empty() {
            try_subscribe(visit, &form).await
        } else {
            Ok(())
        };
        let status = match outcome {
            Ok(()) => {
                form.is_sent = true;
                StatusCode::ACCEPTED
            }
            Err(error) => {
                form.errors = errors(&error, "target");
                status_of(&error)
            }
        };
        subscribe_page(visit, status, form).await
    })
    .await
}

async fn try_subscribe(visit: &Visit, form: &SubscribeForm) -> Result<()> {
    if form.scope.as_ref().is_some_and(PublicScope::is_all) {
        return Err(Error::field(
            "scope",
            FieldCode::Required,
            "choose at least one component, or everything",
        ));
    }
    let input = Subscribe {
        page: Some(visit.page.id.code()),
        channel: form.channel,
        target: form.target.clone(),
        scope: form.scope.clone(),
        preferences: form.preferences.clone(),
        locale: Some(visit.locale.tag().to_owned()),
    };
    subscription::subscribe(&visit.cx, &visit.page, input).await
}

/// `POST /subscribe/code`: the code that came by SMS.
#[handler]
pub async fn send_code(request: &Request, body: Vec<u8>, Query(wishes): Query<Wishes>) -> Response {
    let fields = Fields::read(&body);
    with_visit(request, &wishes, async |visit| {
        let input = ConfirmByCode {
            page: Some(visit.page.id.code()),
            channel: Channel::Sms,
            target: fields.one("target").to_owned(),
            code: fields.one("code").to_owned(),
        };
        match subscription::confirm_by_code(&visit.cx, &visit.page, input).await {
            Ok(found) => {
                let asked = Asked::Done {
                    target: Some(found.target),
                };
                let view = |asked| PlainView::Confirm {
                    token: String::new(),
                    asked,
                };
                asked_page(visit, "/confirm", asked, view).await
            }
            Err(error) if error.code() == Code::Invalid || error.code() == Code::RateLimited => {
                let form = SubscribeForm {
                    channel: Some(Channel::Sms),
                    target: fields.one("target").to_owned(),
                    errors: errors(&error, "code"),
                    is_sent: true,
                    ..SubscribeForm::default()
                };
                subscribe_page(visit, status_of(&error), form).await
            }
            Err(error) => failed(&error),
        }
    })
    .await
}

/// `GET /confirm/{token}`
#[handler]
pub async fn confirm(request: &Request, Path(token): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    with_visit(request, &wishes, async |visit| {
        let asked = match subscription::lookup(&visit.cx, &token).await {
            Ok(found) if found.is_confirmed => Asked::Done {
                target: Some(found.target),
            },
            Ok(_) => Asked::Open,
            Err(error) if error.code() == Code::LinkExpired => Asked::Expired,
            Err(error) => return failed(&error),
        };
        asked_page(visit, "/confirm", asked, |asked| PlainView::Confirm {
            token: token.clone(),
            asked,
        })
        .await
    })
    .await
}

/// `POST /confirm/{token}`
#[handler]
pub async fn send_confirm(request: &Request, Path(token): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    with_visit(request, &wishes, async |visit| {
        let asked = match subscription::confirm(&visit.cx, &token).await {
            Ok(found) => Asked::Done {
                target: Some(found.target),
            },
            Err(error) if error.code() == Code::LinkExpired => Asked::Expired,
            Err(error) => return failed(&error),
        };
        asked_page(visit, "/confirm", asked, |asked| PlainView::Confirm {
            token: token.clone(),
            asked,
        })
        .await
    })
    .await
}

/// `GET /unsubscribe/{token}`
#[handler]
pub async fn unsubscribe(request: &Request, Path(token): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    with_visit(request, &wishes, async |visit| {
        let asked = match subscription::lookup(&visit.cx, &token).await {
            Ok(_) => Asked::Open,
            Err(error) if error.code() == Code::LinkExpired => Asked::Expired,
            Err(error) => return failed(&error),
        };
        asked_page(visit, "/unsubscribe", asked, |asked| PlainView::Unsubscribe {
            token: token.clone(),
            asked,
        })
        .await
    })
    .await
}

/// `POST /unsubscribe/{token}`: the button, and the one click of RFC 8058. Doing it twice is fine.
#[handler]
pub async fn send_unsubscribe(request: &Request, Path(token): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    with_visit(request, &wishes, async |visit| {
        match subscription::unsubscribe(&visit.cx, &token).await {
            Ok(()) => {}
            Err(error) if error.code() == Code::LinkExpired => {}
            Err(error) => return failed(&error),
        }
        let view = async |_: &StatusPage| {
            Ok(PlainView::Unsubscribe {
                token: token.clone(),
                asked: Asked::Done { target: None },
            })
        };
        personal(visit, "/unsubscribe", StatusCode::OK, view).await
    })
    .await
}

/// `GET /manage/{token}`
#[handler]
pub async fn manage(request: &Request, Path(token): Path<String>, Query(wishes): Query<Wishes>) -> Response {
    with_visit(request, &wishes, async |visit| {
        let found = match subscription::lookup(&visit.cx, &token).await {
            Ok(found) => Some(found),
            Err(error) if error.code() == Code::LinkExpired => None,
            Err(error) => return failed(&error),
        };
        manage_page(visit, &token, found, Vec::new(), false).await
    })
    .await
}

/// `POST /manage/{token}`
#[handler]
pub async fn send_manage(
    request: &Request,
    body: Vec<u8>,
    Path(token): Path<String>,
    Query(wishes): Query<Wishes>,
) -> Response {
    let fields = Fields::read(&body);
    with_visit(request, &wishes, async |visit| {
        let before = subscription::lookup(&visit.cx, &token).await.ok();
        let paused_until = before.as_ref().and_then(|before| before.preferences.paused_until);
        let scope = Some(fields.scope().unwrap_or(PublicScope::all()));
        let locale = Some(fields.one("locale").to_owned()).filter(|locale| !locale.is_empty());
        let input = ManageSubscription {
            token: token.clone(),
            scope,
            preferences: fields.preferences(paused_until, visit.cx.clock.now()),
            locale,
        };
        match subscription::manage(&visit.cx, input).await {
            Ok(found) => manage_page(visit, &token, Some(found), Vec::new(), true).await,
            Err(error) if error.code() == Code::LinkExpired => {
                manage_page(visit, &token, None, Vec::new(), false).await
            }
            Err(error) if error.code() == Code::Invalid => {
                let found = subscription::lookup(&visit.cx, &token).await.ok();
                manage_page(visit, &token, found, errors(&error, "scope"), false).await
            }
            Err(error) => failed(&error),
        }
    })
    .await
}

async fn manage_page(
    visit: &Visit,
    token: &str,
    found: Option<ManagedSubscription>,
    errors: Vec<FieldError>,
    is_saved: bool,
) -> Response {
    let status = if found.is_none() {
        StatusCode::GONE
    } else {
        StatusCode::OK
    };
    let form = ManageForm {
        token: token.to_owned(),
        subscription: found,
        errors,
        is_saved,
    };
    let zone = visit.page.time_zone.clone();
    let view = async |page: &StatusPage| {
        Ok(PlainView::Manage {
            groups: page.groups.clone(),
            components: page.components.clone(),
            form: Box::new(form),
            zone,
        })
    };
    personal(visit, "/manage", status, view).await
}

async fn asked_page(visit: &Visit, path: &str, asked: Asked, view: impl FnOnce(Asked) -> PlainView) -> Response {
    let status = if asked == Asked::Expired {
        StatusCode::GONE
    } else {
        StatusCode::OK
    };
    personal(visit, path, status, async |_| Ok(view(asked))).await
}

async fn with_visit(request: &Request, wishes: &Wishes, then: impl AsyncFnOnce(&Visit) -> Response) -> Response {
    match visit(request, wishes).await {
        Ok(visit) => then(&visit).await,
        Err(error) => failed(&error),
    }
}

fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The errors to show at the fields; a refusal without fields is shown at the one that matters.
fn errors(error: &Error, field: &str) -> Vec<FieldError> {
    let problem = error.to_problem();
    if problem.errors.is_empty() {
        vec![FieldError::new(
            field,
            FieldCode::NotAllowed,
            problem.detail.unwrap_or(problem.title),
        )]
    } else {
        problem.errors
    }
}

/// A form's fields, in the order they came.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    fn one(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// What was chosen; nothing stands for everything.
    fn scope(&self) -> Option<PublicScope> {
        (self.one("scope") == "chosen").then(|| PublicScope {
            groups: self.all("group"),
            components: self.all("component"),
            incidents: self.all("incident"),
        })
    }

    /// What and when; none if the form did not ask. `paused_until` is how it was before.
    fn preferences(&self, paused_until: Option<Timestamp>, now: Timestamp) -> Option<Preferences> {
        if self.one("preferences").is_empty() {
            return None;
        }
        let given = |name: &str| Some(self.one(name).trim().to_owned()).filter(|value| !value.is_empty());
        let kinds: Vec<EventKind> = self
            .all("kind")
            .iter()
            .filter_map(|word| EventKind::from_word(word))
            .collect();
        let (from, to) = (given("quiet_from"), given("quiet_to"));
        let quiet_hours = (from.is_some() || to.is_some()).then(|| QuietHours {
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
        });
        let pause = self.one("pause");
        Some(Preferences {
            // All of them also means those that come later.
            kinds: if kinds.len() == EventKind::ALL.len() {
                Vec::new()
            } else {
                kinds
            },
            least_impact: Impact::from_word(self.one("least_impact")).filter(|impact| *impact != Impact::None),
            digest: Digest::from_word(self.one("digest")),
            quiet_hours,
            time_zone: given("time_zone"),
            paused_until: match pause.parse::<u64>() {
                Ok(count) => Some(now + days(count.min(366))),
                Err(_) => paused_until.filter(|_| pause == "keep"),
            },
            webhook_format: WebhookFormat::from_word(self.one("webhook_format")),
        })
    }
}
