//! The views that only the server writes; none of their words and fields burden the app.

use leptos::prelude::*;

use crate::i18n::{Locale, t};
use crate::pages::status::document::PlainView;
use crate::pages::status::{component, manage, metric, missing, postmortem, search, subscribe};

/// The view itself.
pub fn view(plain: PlainView) -> AnyView {
    match plain {
        PlainView::Subscribe {
            groups,
            components,
            form,
            zone,
        } => view! { <subscribe::SubscribePage groups components form=*form zone/> }.into_any(),
        PlainView::Component(story) => view! { <component::ComponentPage story=*story/> }.into_any(),
        PlainView::Postmortem(postmortem) => view! { <postmortem::PostmortemPage postmortem=*postmortem/> }.into_any(),
        PlainView::Search(page) => view! { <search::SearchView page/> }.into_any(),
        PlainView::Metric(metric) => view! { <metric::MetricPage metric=*metric/> }.into_any(),
        PlainView::Confirm { token, asked } => view! { <manage::ConfirmPage token asked/> }.into_any(),
        PlainView::Manage {
            groups,
            components,
            form,
            zone,
        } => view! { <manage::ManagePage groups components form=*form zone/> }.into_any(),
        PlainView::Unsubscribe { token, asked } => view! { <manage::UnsubscribePage token asked/> }.into_any(),
        PlainView::NotFound => view! { <missing::NotFound/> }.into_any(),
        PlainView::Unavailable => view! { <missing::Unavailable/> }.into_any(),
    }
}

/// What its document is called.
pub fn title(locale: Locale, plain: &PlainView) -> String {
    let title = match plain {
        PlainView::Component(story) => return t::status::component::title(locale, &story.component.name),
        PlainView::Postmortem(postmortem) => return t::status::postmortem::title(locale, &postmortem.title),
        PlainView::Search(_) => t::status::search::title(locale),
        PlainView::Metric(metric) => return metric.name.clone(),
        PlainView::Subscribe { .. } => t::status::subscribe::title(locale),
        PlainView::Confirm { .. } => t::status::confirm::title(locale),
        PlainView::Manage { .. } => t::status::manage::title(locale),
        PlainView::Unsubscribe { .. } => t::status::unsubscribe::title(locale),
        PlainView::NotFound => t::status::not_found::title(locale),
        PlainView::Unavailable => t::status::unavailable::title(locale),
    };
    title.into()
}
