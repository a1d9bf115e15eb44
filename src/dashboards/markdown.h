// dashboards/markdown.h: a Markdown file to a dashboard.
//
//   ---                      front matter, YAML: title, description, group, order, catalog, schema, parameters
//   ```sql name              a named query
//   ```chart                 a chart in the short form, YAML
//   ```vega-lite             a Vega-Lite specification, JSON or YAML, whose data is a named query
//   {{ query.column }}       a value of the first row; {{ query[2].column | usd }} of the third, formatted
//   :::grid{columns=2} … ::: containers: grid, tabs with tab[Title], details[Title], note, tip, warning, if[query.column < 5] with :::else
//
// The rest is CommonMark with GitHub's tables (md4c); raw HTML is shown as text. docs/dashboards.md is the user's page.
// Threads: pure. Cost: linear in the text.
#pragma once

#include <string_view>

#include "dashboards/model.h"

namespace tarn::dashboards {

// Mistakes become problems and error blocks: a dashboard comes out of every text.
Dashboard ParseMarkdown(std::string_view text, std::string name);

// CommonMark to HTML; raw HTML in it is escaped. No inline values.
std::string MarkdownToHtml(std::string_view text);

// Whether it can be a name of a query or parameter: a letter or _, then letters, digits, _.
bool IsName(std::string_view text);

}  // namespace tarn::dashboards
