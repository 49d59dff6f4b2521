//! `/maintenance/{code}`: one maintenance.

use leptos::prelude::*;
use shared::status_page::PublicMaintenance;

use crate::components::affected::Affected;
use crate::components::maintenance_card::{MaintenanceFacts, WorkTimeline};
use crate::pages::status::shell::BackToOverview;
use crate::ui::prose::Prose;

/// One maintenance.
#[component]
pub fn MaintenancePage(maintenance: PublicMaintenance) -> impl IntoView {
    view! {
        <BackToOverview/>
        <article class="card card-full" data-status="under_maintenance">
            <header class="card-head">
                <h1>{maintenance.title.clone()}</h1>
                <MaintenanceFacts maintenance=maintenance.clone()/>
            </header>
            <Affected parts=maintenance.components/>
            <Prose html=maintenance.message/>
            <WorkTimeline updates=maintenance.updates/>
        </article>
    }
}
