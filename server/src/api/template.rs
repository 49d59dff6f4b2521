//! `/templates`

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use shared::list::TemplateList;
use shared::template::{NewTemplate, RenderTemplate, RenderedTemplate, Template, TemplateKind, TemplatePatch};
use shared::{PageId, TemplateId};

use super::extract::{Caller, Created, Done, Revised, expected};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::paging::Paging;
use crate::domain::template::TemplateFilter;

pub struct TemplateApi;

#[OpenApi(tag = "Tag::Templates")]
impl TemplateApi {
    /// List templates
    #[oai(path = "/templates", method = "get", operation_id = "list_templates")]
    #[allow(clippy::too_many_arguments)]
    async fn list(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        kind: Query<Option<TemplateKind>>,
        /// Part of the name.
        q: Query<Option<String>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<TemplateList>> {
        let filter = TemplateFilter {
            page_id: page_id.0,
            kind: kind.0,
            q: q.0,
        };
        Ok(Json(
            domain::template::list(&cx, filter, &Paging::new(cursor.0, limit.0)?).await?,
        ))
    }

    /// Create a template
    ///
    /// It is filled in once to try it: what cannot be read is told with its line.
    #[oai(path = "/templates", method = "post", operation_id = "create_template")]
    async fn create(&self, cx: Caller, input: Input<NewTemplate>) -> ApiResult<Created<Template>> {
        let template = domain::template::create(&cx, input.0).await?;
        let address = format!("/api/v3/templates/{}", template.id);
        Ok(Created(template, address))
    }

    /// Get a template
    #[oai(path = "/templates/:id", method = "get", operation_id = "get_template")]
    async fn get(&self, cx: Caller, id: Path<TemplateId>) -> ApiResult<Revised<Template>> {
        let template = domain::template::get(&cx, id.0).await?;
        let revision = template.updated_at;
        Ok(Revised(template, revision))
    }

    /// Change a template
    #[oai(path = "/templates/:id", method = "patch", operation_id = "update_template")]
    async fn update(
        &self,
        cx: Caller,
        id: Path<TemplateId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<TemplatePatch>,
    ) -> ApiResult<Revised<Template>> {
        let template = domain::template::update(&cx, id.0, input.0, expected(if_match.0)?).await?;
        let revision = template.updated_at;
        Ok(Revised(template, revision))
    }

    /// Delete a template
    #[oai(path = "/templates/:id", method = "delete", operation_id = "delete_template")]
    async fn delete(&self, cx: Caller, id: Path<TemplateId>) -> ApiResult<Done> {
        domain::template::delete(&cx, id.0).await?;
        Ok(Done)
    }

    /// Fill a template in
    ///
    /// Nothing is kept or published: the answer has the fields of the operation it is sent on to.
    #[oai(path = "/templates/:id/render", method = "post", operation_id = "render_template")]
    async fn render(
        &self,
        cx: Caller,
        id: Path<TemplateId>,
        input: Input<RenderTemplate>,
    ) -> ApiResult<Json<RenderedTemplate>> {
        Ok(Json(domain::template_filling::render(&cx, id.0, input.0).await?))
    }
}
