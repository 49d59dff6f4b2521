//! Where points of a metric are pulled from: the form of a Prometheus, tried before it is saved.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::MetricId;
use shared::metric::{Metric, MetricAuth, MetricSource, MetricSourceTrial, SetMetricSource, TryMetricSource};

use super::metric::Fetched;
use super::parts::{Moment, Section, choices, filled};
use super::words::{auth, figure};
use crate::api::{Versioned, use_api};
use crate::i18n::t::admin::{common, metrics};
use crate::i18n::use_locale;
use crate::ui::field::{ProseField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::toast::use_toasts;

#[component]
pub fn Source(id: MetricId, found: RwSignal<Versioned<Metric>>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let source = Memo::new(move |_| found.with(|found| found.item.source.clone()));
    view! {
        <Section title=metrics::pull(locale) text=metrics::pull_text(locale)>
            {move || source.get().map(|source| view! { <Outcome source/> })}
            {move || view! { <SourceForm id source=source.get() found fetched/> }}
        </Section>
    }
}

/// How the last try went.
#[component]
fn Outcome(source: MetricSource) -> impl IntoView {
    let locale = use_locale();
    let success = source
        .last_success_at
        .map(|at| view! { <p class="hint">{metrics::last_success(locale)}" "<Moment at/></p> });
    let failure = source.last_error.map(|error| {
        let at = source.last_error_at.map(|at| view! { " ("<Moment at/>")" });
        view! { <div class="notice notice-bad"><p>{error}{at}</p></div> }
    });
    view! {
        {failure}
        {success}
    }
}

/// What is being typed.
#[derive(Clone, Copy)]
struct Fields {
    url: RwSignal<String>,
    query: RwSignal<String>,
    interval: RwSignal<String>,
    auth: RwSignal<String>,
    username: RwSignal<String>,
    secret: RwSignal<String>,
}

impl Fields {
    fn new(known: Option<&MetricSource>) -> Self {
        let auth = known.map_or(MetricAuth::None, |source| source.auth);
        let text = |read: fn(&MetricSource) -> String| RwSignal::new(known.map(read).unwrap_or_default());
        Self {
            url: text(|source| source.url.clone()),
            query: text(|source| source.query.clone()),
            interval: RwSignal::new(known.map_or(60, |source| source.interval_s).to_string()),
            auth: RwSignal::new(auth.as_str().into()),
            username: text(|source| source.username.clone().unwrap_or_default()),
            secret: RwSignal::new(String::new()),
        }
    }

    fn auth(self) -> MetricAuth {
        MetricAuth::from_word(&self.auth.get_untracked()).unwrap_or(MetricAuth::None)
    }

    fn typed(self) -> SetMetricSource {
        SetMetricSource {
            url: self.url.get_untracked().trim().to_owned(),
            query: self.query.get_untracked(),
            // What is no number is outside the range, whose error says what is expected.
            interval_s: self.interval.get_untracked().trim().parse().unwrap_or(0),
            auth: self.auth(),
            username: filled(&self.username.get_untracked()),
            secret: filled(&self.secret.get_untracked()),
        }
    }

    fn attempt(self, id: MetricId) -> TryMetricSource {
        let SetMetricSource {
            url,
            query,
            interval_s: _,
            auth,
            username,
            secret,
        } = self.typed();
        TryMetricSource {
            metric_id: Some(id),
            url,
            query,
            auth,
            username,
            secret,
        }
    }
}

#[component]
fn SourceForm(
    id: MetricId,
    source: Option<MetricSource>,
    found: RwSignal<Versioned<Metric>>,
    fetched: Fetched,
) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let fields = Fields::new(source.as_ref());
    let is_set = source.is_some();
    let secret_hint = if source.is_some_and(|source| source.has_secret) {
        metrics::secret_kept(locale)
    } else {
        ""
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let send = move |input: SetMetricSource, _| async move { api.set_metric_source(id, &input).await };
        form.submit(fields.typed(), send, move |_: Metric| {
            toasts.say(common::saved(locale));
            fetched.reload();
        });
    };
    let remove = move |_| {
        let done = move |()| fetched.reload();
        toasts.attempt(locale, async move { api.delete_metric_source(id).await }, done);
    };
    let auths = choices(MetricAuth::ALL, locale, MetricAuth::as_str, auth);
    let has_secret = move || fields.auth.with(|auth| auth != MetricAuth::None.as_str());
    let is_basic = move || fields.auth.with(|auth| auth == MetricAuth::Basic.as_str());
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="url" label=metrics::url(locale) hint=metrics::url_hint(locale) value=fields.url kind="url"/>
            <ProseField form name="query" label=metrics::query(locale) hint=metrics::query_hint(locale) value=fields.query rows=2/>
            <TextField form name="interval_s" label=metrics::interval(locale) value=fields.interval/>
            <SelectField form name="auth" label=metrics::auth(locale) value=fields.auth options=Signal::stored(auths)/>
            <Show when=is_basic>
                <TextField form name="username" label=metrics::username(locale) value=fields.username autocomplete="off"/>
            </Show>
            <Show when=has_secret>
                <TextField form name="secret" label=metrics::secret(locale) hint=secret_hint value=fields.secret kind="password" autocomplete="new-password"/>
            </Show>
            <FormErrors form/>
            <div class="form-actions">
                <SubmitButton form label=if is_set { common::save(locale) } else { metrics::set_source(locale) }/>
                <Trial id fields form found/>
                {is_set.then(|| view! { <button type="button" class="button" on:click=remove>{metrics::remove_source(locale)}</button> })}
            </div>
        </form>
    }
}

/// Asks once, and shows what came of it.
#[component]
fn Trial(id: MetricId, fields: Fields, form: Form, found: RwSignal<Versioned<Metric>>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let is_busy = RwSignal::new(false);
    let outcome = RwSignal::new(None::<MetricSourceTrial>);
    let ask = move |_| {
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        outcome.set(None);
        let input = fields.attempt(id);
        spawn_local(async move {
            let answer = api.try_metric_source(&input).await;
            is_busy.set(false);
            match answer {
                Ok(trial) => outcome.set(Some(trial)),
                Err(error) => form.fail(error),
            }
        });
    };
    let said = move || {
        let trial = outcome.get()?;
        Some(match trial.value {
            Some(value) => metrics::trial_value(locale, found.with(|found| figure(locale, &found.item, value))),
            None => trial.error.unwrap_or_default(),
        })
    };
    view! {
        <button type="button" class="button" aria-disabled=move || is_busy.get().to_string() on:click=ask>{metrics::try_it(locale)}</button>
        <p class="trial" role="status">{said}</p>
    }
}
