// What `tarn dashboard check` looks for.
#include <algorithm>
#include <map>

#include "dashboards/build.h"
#include "dashboards/page.h"

namespace tarn::dashboards {
namespace {

std::string At(const Dashboard &dashboard, int line, const std::string &message) {
    return dashboard.name + (line > 0 ? ":" + std::to_string(line) : "") + ": " + message;
}

std::string Join(const std::vector<engine::Column> &columns) {
    std::string text;
    for (const engine::Column &column : columns) text += (text.empty() ? "" : ", ") + column.name;
    return text;
}

}  // namespace

std::vector<std::string> CheckDashboard(ResultStore &store, const Dashboard &dashboard) {
    std::vector<std::string> problems;
    for (const Problem &problem : dashboard.problems) problems.push_back(At(dashboard, problem.line, problem.message));
    std::vector<std::string> names;
    for (const NamedQuery &query : dashboard.queries) names.push_back(query.name);
    std::vector<ResultRef> results = store.Get(dashboard, store.Resolve(dashboard, {}), names);
    std::map<std::string, ResultRef> by_name;
    for (size_t i = 0; i < names.size(); i++) {
        by_name[names[i]] = results[i];
        if (!results[i]->error) continue;
        const Error &error = *results[i]->error;
        int line = error.position.line > 0 ? error.position.line : dashboard.queries[i].line;
        problems.push_back(At(dashboard, line, "query `" + names[i] + "`: [" + error.condition + "] " + error.message));
    }
    std::vector<std::pair<std::string, std::string>> told;
    for (const ColumnUse &use : dashboard.columns_used) {
        auto it = by_name.find(use.query);
        if (it == by_name.end() || it->second->error) continue;
        const auto &columns = it->second->columns;
        if (std::ranges::find(columns, use.column, &engine::Column::name) != columns.end()) continue;
        std::pair<std::string, std::string> key{use.query, use.column};
        if (std::ranges::find(told, key) != told.end()) continue;
        told.push_back(key);
        problems.push_back(At(dashboard, use.line, "the query `" + use.query + "` has no column `" + use.column + "`; it has " + Join(columns) + "."));
    }
    return problems;
}

}  // namespace tarn::dashboards
