// Files to dashboards, values to SQL, pages to JSON. What runs queries is tested from outside (tests/e2e/dashboard_test.py).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dashboards/html.h"
#include "dashboards/lakeview.h"
#include "dashboards/load.h"
#include "dashboards/markdown.h"
#include "dashboards/page.h"
#include "dashboards/values.h"

namespace tarn::dashboards {
namespace {

using Json = nlohmann::json;

std::string Problems(const Dashboard &dashboard) {
    std::string text;
    for (const Problem &problem : dashboard.problems) text += std::to_string(problem.line) + ": " + problem.message + "\n";
    return text;
}

Dashboard Parse(std::string_view text) {
    Dashboard dashboard = ParseMarkdown(text, "test");
    LinkParameters(dashboard);
    LinkQueries(dashboard);
    return dashboard;
}

TEST(Markdown, AQueryReadsThoseAboveIt) {
    Dashboard dashboard = Parse(R"(---
parameters:
  least: {type: number, default: 1}
  by: {type: dropdown, options: [n], default: n}
---

```sql base
SELECT k, v FROM sales WHERE v > :least
```

```sql sums
WITH other AS (SELECT * FROM sales) SELECT k, sum(v) AS n FROM Base JOIN other USING (k) GROUP BY ALL
```

```sql top
SELECT * FROM sums ORDER BY IDENTIFIER(:by)
```

```sql sales
SELECT * FROM sales, main.shop.sums, later, (WITH base AS (SELECT 1) SELECT * FROM base)
```

```sql later
SELECT 1
```
)");
    EXPECT_EQ(Problems(dashboard), "");
    auto of = [&](std::string_view name) { return *dashboard.FindQuery(name); };
    EXPECT_TRUE(of("base").reads.empty());
    EXPECT_EQ(of("sums").reads, std::vector<std::string>{"base"});
    EXPECT_EQ(of("sums").parameters, std::vector<std::string>{"least"});
    EXPECT_EQ(of("top").reads, (std::vector<std::string>{"base", "sums"}));
    EXPECT_EQ(of("top").parameters, (std::vector<std::string>{"by", "least"}));
    EXPECT_TRUE(of("sales").reads.empty());  // Itself, a full name, one below, a common table expression: tables all.
}

constexpr std::string_view kWhole = R"(---
title: Users
order: 2
parameters:
  bins: {type: slider, default: 20, min: 5, max: 40, step: 5}
  by: {type: dropdown, options: {users: Users, money: Support}, default: money}
  period: {type: date_range, default: [2024-01-01, 2024-12-31]}
  places: {type: multi_select, options: [DE, FR, IT], default: [DE]}
  post: {type: dropdown, options: {query: posts, value: id, label: title}}
  only: {type: checkbox}
---

Text with {{ totals.users | integer }} and <script>alert(1)</script>.

```sql totals
SELECT count(*) AS users FROM users WHERE x > :bins
```

```sql posts
SELECT 1 AS id, 'a' AS title
```

:::grid{columns=3}
```chart
chart: bar
query: totals
x: users
y: [users, users]
```
:::tabs
:::tab[One]
# Heading
:::
:::tab[Two]
:::if[totals.users < 5]
few
:::else
many
:::
:::
:::
:::

```vega-lite
{"data": {"name": "posts"}, "mark": "bar", "layer": [{"data": {"name": "totals"}}]}
```

```python
print(":::")
```
)";

TEST(Markdown, AWholeFile) {
    Dashboard dashboard = Parse(kWhole);
    EXPECT_EQ(Problems(dashboard), "");
    EXPECT_EQ(dashboard.title, "Users");
    EXPECT_EQ(dashboard.order, 2);
    ASSERT_EQ(dashboard.parameters.size(), 6U);
    EXPECT_EQ(dashboard.parameters[1].options[1].label, "Support");
    EXPECT_EQ(dashboard.parameters[4].options_from->query, "posts");
    EXPECT_EQ(dashboard.FindQuery("totals")->parameters, std::vector<std::string>{"bins"});
    ASSERT_EQ(dashboard.blocks.size(), 4U);
    EXPECT_NE(dashboard.blocks[0].text.find("&lt;script&gt;"), std::string::npos);
    EXPECT_NE(dashboard.blocks[0].text.find("data-query=\"totals\" data-column=\"users\" data-row=\"0\" data-format=\"integer\""), std::string::npos);
    const Block &grid = dashboard.blocks[1];
    EXPECT_EQ(grid.columns, 3);
    ASSERT_EQ(grid.blocks.size(), 2U);
    const Block &tabs = grid.blocks[1];
    ASSERT_EQ(tabs.blocks.size(), 2U);
    const Block &condition = tabs.blocks[1].blocks.at(0);
    EXPECT_EQ(condition.condition.op, "<");
    EXPECT_EQ(condition.condition.value_json, "5");
    EXPECT_EQ(condition.blocks.size(), 1U);
    EXPECT_EQ(condition.otherwise.size(), 1U);
    EXPECT_EQ(dashboard.blocks[2].queries, (std::vector<std::string>{"posts", "totals"}));
    EXPECT_NE(dashboard.blocks[3].text.find("print"), std::string::npos);
    // The page is JSON whatever the file holds.
    Json page = Json::parse(PageJson({}, {{&dashboard, {}, {}}}));
    EXPECT_EQ(page["dashboards"][0]["blocks"].size(), 4U);
    EXPECT_EQ(page["dashboards"][0]["parameters"][0]["max"], 40);
}

TEST(Markdown, MistakesNameTheirLine) {
    struct Case {
        std::string_view text, expected;
    };
    const Case cases[] = {
        {"```chart\nchart: pie\n```\n", "1: a chart needs `query`: the name of a ```sql block.\n"},
        {"```chart\nchart: wheel\nquery: q\n```\n", "1: `wheel` is not a kind of chart: line, bar, area, pie, donut, histogram, scatter, box, heatmap, map, table or value.\n"},
        {"```chart\nchart: bar\nquery: q\n```\n", "1: there is no query `q`.\n"},
        {"```chart\nchart: [\n```\n", "3: chart: end of sequence flow not found\n"},
        {"```chart\nchart: bar\nquery: q\ncolour: x\n```\n", "1: a chart has no `colour`.\n"},
        {"```vega-lite\n{\"data\": {\"url\": \"x.json\"}}\n```\n", "1: a vega-lite block reads named queries only, no `url`: a dashboard loads nothing from outside.\n"},
        {":::grid\ntext\n", "1: `:::grid` is not closed by `:::`.\n"},
        {":::\n", "1: `:::` closes nothing.\n"},
        {":::tab[x]\n", "1: `:::tab[Title]` stands within `:::tabs` only.\n"},
        {"{{ x }}\n", "1: `{{ x }}`: an inline value is {{ query.column }} or {{ query.column | format }}.\n"},
        {"```sql a\nSELECT :x\n```\n", "2: the query `a` names :x, which is no parameter of the dashboard.\n"},
        {"```sql a\nSELECT 1\n```\n```sql a\nSELECT 1\n```\n", "4: there are two queries `a`.\n"},
        {"---\nparameters:\n  a: {type: wheel}\n---\n", "3: `wheel` is not a type of parameter: text, number, date, date_range, dropdown, multi_select, checkbox or slider.\n"},
        {"---\nparameters:\n  a: {type: dropdown, options: [x], default: y}\n---\n", "3: the default `y` is not one of the options.\n"},
        {"---\nparameters:\n  a: {type: date_range, default: [2024-01-01, '1\"']}\n---\n", "3: `1\"` is not a date as 2024-02-29.\n"},
        {"---\ntitel: x\n---\n", "2: the front matter has no `titel`; it has title, description, group, order, catalog, schema and parameters.\n"},
        {"---\ntitle: x\n", "1: the front matter is not closed by ---.\n"},
    };
    for (const Case &c : cases) EXPECT_EQ(Problems(Parse(c.text)), c.expected) << c.text;
}

TEST(Markdown, AnyTextGivesADashboard) {
    // Prefixes and mutations of a whole file: no text makes it fail, and the page is always JSON.
    std::string text(kWhole);
    for (size_t cut = 0; cut < text.size(); cut += 3) {
        std::string changed = text.substr(0, cut) + text.substr(std::min(text.size(), cut + 7));
        for (const std::string &one : {text.substr(0, cut), changed}) {
            Dashboard dashboard = Parse(one);
            EXPECT_TRUE(Json::accept(PageJson({}, {{&dashboard, {}, {}}}))) << one;
        }
    }
}

TEST(Values, ComeFromUrlsAndJson) {
    Dashboard dashboard = Parse(kWhole);
    auto values = ValuesFromUrl(dashboard, ParseUrlQuery("bins=25&places=DE&places=F%52&period.min=2024-02-01&period.max=2024-02-29&only=true&post=a%27+OR+1%3D1&else=x"));
    ASSERT_TRUE(values) << values.error().ToString();
    EXPECT_EQ(ToJson(*values, {"bins", "places", "period", "only", "post", "by"}),
              R"({"bins":25,"places":["DE","FR"],"period":{"min":"2024-02-01","max":"2024-02-29"},"only":true,"post":"a' OR 1=1","by":null})");
    auto same = ValuesFromJson(dashboard, ToJson(*values, {"bins", "places", "period", "only", "post"}));
    ASSERT_TRUE(same);
    EXPECT_EQ(*same, *values);
    auto open = ValuesFromUrl(dashboard, ParseUrlQuery("period.min=&period.max=2024-01-01"));
    ASSERT_TRUE(open) << open.error().ToString();
    EXPECT_TRUE(ToSql(*dashboard.FindParameter("period"), open->at("period")));
    for (std::string_view bad : {"bins=x", "bins=1e999", "bins=4", "bins=nan", "by=users%3B+DROP", "period.min=2024-02-30&period.max=2024-03-01", "period.min=2024-01-01", "only=1", "places=XX"}) {
        auto wrong = ValuesFromUrl(dashboard, ParseUrlQuery(bad));
        ASSERT_FALSE(wrong) << bad;
        EXPECT_EQ(wrong.error().condition, "INVALID_PARAMETER_VALUE") << bad;
    }
    for (std::string_view bad : {"", "[]", "{\"bins\":\"x\"}", "{\"places\":\"DE\"}", "{\"period\":5}", "{\"bins\":[1]}"}) EXPECT_FALSE(ValuesFromJson(dashboard, bad)) << bad;
}

TEST(Page, HoldsNoTagOfItsData) {
    EXPECT_EQ(ForScript("a</script><!--"), "a\\u003c/script>\\u003c!--");
    std::string html = BuiltHtml("<b>", R"({"x":"</script><script>alert(1)</script>"})");
    EXPECT_EQ(html.find("<script>alert"), std::string::npos);
    EXPECT_NE(html.find("<title>&lt;b&gt;</title>"), std::string::npos);
    EXPECT_NE(html.find("script-src 'sha256-"), std::string::npos);
    EXPECT_EQ(html.find("unsafe-eval"), std::string::npos);
}

constexpr std::string_view kLakeview = R"J({
  "datasets": [{"name": "d1", "displayName": "Trips", "queryLines": ["SELECT * ", "FROM trips WHERE fare > :least;\n"],
    "parameters": [{"keyword": "least", "displayName": "At least", "dataType": "DECIMAL", "defaultSelection": {"values": {"dataType": "DECIMAL", "values": [{"value": "2.5"}]}}}]}],
  "pages": [
    {"name": "p1", "displayName": "Overview", "layout": [
      {"widget": {"name": "text", "multilineTextboxSpec": {"lines": ["# Trips\n", "<b>bold</b>"]}}, "position": {"x": 0, "y": 0, "width": 6, "height": 1}},
      {"widget": {"name": "right", "queries": [{"name": "main_query", "query": {"datasetName": "d1", "fields": [{"name": "zip", "expression": "`zip`"}, {"name": "count(*)", "expression": "COUNT(`*`)"}], "disaggregated": false}}],
        "spec": {"version": 3, "widgetType": "bar", "encodings": {"x": {"fieldName": "count(*)", "scale": {"type": "quantitative"}}, "y": {"fieldName": "zip", "scale": {"type": "categorical"}}},
          "frame": {"showTitle": true, "title": "By zip"}}}, "position": {"x": 3, "y": 1, "width": 3, "height": 4}},
      {"widget": {"name": "left", "queries": [{"name": "main_query", "query": {"datasetName": "d1", "fields": [{"name": "sum(fare)", "expression": "SUM(`fare`)"}], "disaggregated": false}}],
        "spec": {"version": 2, "widgetType": "counter", "encodings": {"value": {"fieldName": "sum(fare)", "displayName": "Fares"}}}}, "position": {"x": 0, "y": 1, "width": 3, "height": 4}},
      {"widget": {"name": "f", "queries": [{"name": "q", "query": {"datasetName": "d1", "fields": [{"name": "zip", "expression": "`zip`"}], "disaggregated": false}}],
        "spec": {"version": 2, "widgetType": "filter-multi-select", "encodings": {"fields": [{"fieldName": "zip", "queryName": "q"}]}, "frame": {"showTitle": true, "title": "Zip"}}}, "position": {"x": 0, "y": 9, "width": 1, "height": 1}}
    ]},
    {"name": "p2", "displayName": "More", "layout": [
      {"widget": {"name": "odd", "queries": [{"name": "main_query", "query": {"datasetName": "d1", "fields": []}}], "spec": {"widgetType": "sankey"}}, "position": {"x": 0, "y": 0, "width": 1, "height": 1}}]}]})J";

TEST(Lakeview, BecomesADashboard) {
    Dashboard dashboard = ParseLakeview(kLakeview, "NYC Taxi");
    LinkParameters(dashboard);
    EXPECT_EQ(Problems(dashboard), "0: A widget of the kind `sankey` is not supported.\n");
    EXPECT_EQ(dashboard.name, "NYC_Taxi");
    EXPECT_EQ(dashboard.title, "NYC Taxi");
    ASSERT_EQ(dashboard.parameters.size(), 2U);
    EXPECT_EQ(std::get<double>(*dashboard.parameters[0].default_value), 2.5);
    EXPECT_EQ(dashboard.parameters[1].label, "Zip");
    ASSERT_EQ(dashboard.blocks.size(), 1U);
    const Block &page = dashboard.blocks[0].blocks.at(0);
    ASSERT_EQ(page.blocks.size(), 2U);
    EXPECT_NE(page.blocks[0].text.find("&lt;b&gt;"), std::string::npos);
    const Block &grid = page.blocks[1];
    ASSERT_EQ(grid.blocks.size(), 2U);
    EXPECT_NE(grid.blocks[0].json.find("\"Fares\""), std::string::npos);  // The left one first.
    Json bar = Json::parse(grid.blocks[1].json);
    EXPECT_EQ(bar["horizontal"], true);
    EXPECT_EQ(bar["x"], "zip");
    const NamedQuery *query = dashboard.FindQuery(grid.blocks[1].queries[0]);
    ASSERT_NE(query, nullptr);
    EXPECT_EQ(query->sql, "SELECT `zip` AS `zip`,\n  COUNT(*) AS `count(*)`\nFROM (\nSELECT * FROM trips WHERE fare > :least\n) AS d\n"
                          "WHERE (size(:f_zip) = 0 OR array_contains(:f_zip, CAST(`zip` AS STRING)))\nGROUP BY ALL");
    EXPECT_EQ(query->parameters, (std::vector<std::string>{"least", "f_zip"}));
    EXPECT_FALSE(ParseLakeview("{}", "x").problems.empty());
    for (size_t cut = 0; cut < kLakeview.size(); cut += 11) ParseLakeview(std::string(kLakeview.substr(0, cut)) + "}", "x");
}

}  // namespace
}  // namespace tarn::dashboards
