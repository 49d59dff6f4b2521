//! The forms of subscribers. They work without scripts; a link in a mail only asks, and the button does it, because
//! mail scanners open links.

use poem::http::StatusCode;
use poem::web::{Path, Query};
use poem::{Request, Response, handler};
use shared::problem::{Code, FieldCode};
use shared::status_page::StatusPage;
use shared::subscriber::{ManageSubscription, ManagedSubscription, PublicScope, Subscribe};
use shared::{Coded, FieldError};
use web::pages::status::{Asked, ManageForm, PlainView, SubscribeForm};

use super::page::{Visit, Wishes, failed, personal, visit};
use crate::domain::subscription;
use crate::error::{Error, Result};

/// `GET /subscribe`
#[handler]
pub async fn subscribe(request: &Request, Query(wishes): Query<Wishes>) -> Response {
    with_visit(request, &wishes, async |visit| {
        personal(visit, "/subscribe", StatusCode::OK, async |page| {
            Ok(subscribe_view(page, SubscribeForm::default()))
        })
        .await
    })
    .await
}

/// `POST /subscribe`
#[handler]
pub async fn send_subscribe(request: &Request, body: Vec<u8>, Query(wishes): Query<Wishes>) -> Response {
    let fields = Fields::read(&body);
    with_visit(request, &wishes, async |visit| {
        let mut form = SubscribeForm {
            email: fields.one("email").to_owned(),
            scope: fields.scope(),
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
                form.errors = errors(&error, "email");
                status_of(&error)
            }
        };
        personal(visit, "/subscribe", status, async |page| Ok(subscribe_view(page, form))).await
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
        email: form.email.clone(),
        scope: form.scope.clone(),
        locale: Some(visit.locale.tag().to_owned()),
    };
    subscription::subscribe(&visit.cx, &visit.page, input).await
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
        let scope = Some(fields.scope().unwrap_or(PublicScope::all()));
        let locale = Some(fields.one("locale").to_owned()).filter(|locale| !locale.is_empty());
        let input = ManageSubscription {
            token: token.clone(),
            scope,
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
    let view = async |page: &StatusPage| {
        Ok(PlainView::Manage {
            groups: page.groups.clone(),
            components: page.components.clone(),
            form,
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

fn subscribe_view(page: &StatusPage, form: SubscribeForm) -> PlainView {
    PlainView::Subscribe {
        groups: page.groups.clone(),
        components: page.components.clone(),
        form,
    }
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
        })
    }
}
