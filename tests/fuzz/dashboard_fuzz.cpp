// Dashboard files, Databricks' dashboards, and addresses of strangers: any bytes give a page that is JSON and holds no tag of theirs.
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "dashboards/lakeview.h"
#include "dashboards/load.h"
#include "dashboards/markdown.h"
#include "dashboards/page.h"
#include "dashboards/values.h"

namespace {

using namespace tarn;
using namespace tarn::dashboards;

// What is no UTF-8 stays as it is in the page; only then JSON parsers refuse it.
bool IsUtf8(const std::string &text) {
    try {
        (void)nlohmann::json(text).dump();
        return true;
    } catch (const nlohmann::json::type_error &) {
        return false;
    }
}

void Look(Dashboard dashboard, const std::string &text) {
    LinkParameters(dashboard);
    LinkQueries(dashboard);
    auto values = ValuesFromUrl(dashboard, ParseUrlQuery(text));
    std::string page = PageJson({}, {{&dashboard, values ? *values : Values(), {}}});
    TARN_ASSERT(ForScript(page).find('<') == std::string::npos);
    if (IsUtf8(text)) TARN_ASSERT(nlohmann::json::accept(page));
    for (const Parameter &parameter : dashboard.parameters) {
        auto value = DefaultOf(parameter);
        if (value) (void)ToSql(parameter, *value);
    }
    (void)ValuesFromJson(dashboard, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    std::string text(reinterpret_cast<const char *>(data), size);
    Look(ParseMarkdown(text, "fuzz"), text);
    Look(ParseLakeview(text, "fuzz"), text);
    std::string html = MarkdownToHtml(text);
    TARN_ASSERT(html.find("<script") == std::string::npos);
    return 0;
}
