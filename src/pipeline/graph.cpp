#include "pipeline/graph.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "base/data_type.h"
#include "sql/parser.h"
#include "sql/render.h"

namespace tarn::pipeline {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> Invalid(const std::string &place, const std::string &message) {
    return Fail(ErrorKind::kInvalidInput, "PIPELINE_INVALID_DEFINITION", place + ": " + message);
}

// Every read_files under STREAM in a relation or query, at any depth of FROM.
class StreamFileFinder {
public:
    std::vector<const sql::TableFunction *> found;

    void Visit(const sql::Query &query) {
        for (const sql::CommonTable &table : query.with) Visit(*table.query);
        Visit(*query.body);
    }
    void Visit(const sql::Relation &relation) {
        if (auto *function = relation.As<sql::TableFunction>()) {
            if (function->stream && EqualsIgnoreCase(function->name.Last(), "read_files")) found.push_back(function);
        } else if (auto *subquery = relation.As<sql::SubqueryRef>()) {
            Visit(*subquery->query);
        } else if (auto *join = relation.As<sql::Join>()) {
            Visit(*join->left);
            Visit(*join->right);
        }
    }

private:
    void Visit(const sql::QueryBody &body) {
        if (auto *select = body.As<sql::Select>()) {
            for (auto &relation : select->from) Visit(*relation);
        } else if (auto *set = body.As<sql::SetOperation>()) {
            Visit(*set->left);
            Visit(*set->right);
        } else if (auto *query = body.As<sql::QueryPtr>()) {
            Visit(**query);
        }
    }
};

class Builder {
public:
    Builder(const PipelineSpec &pipeline, fs::path folder) : pipeline_(pipeline), folder_(std::move(folder)) {}

    Result<Graph> Build() {
        for (const fs::path &source : pipeline_.sources) TARN_CHECK(ReadSource(source));
        for (auto &pending : pending_flows_) TARN_CHECK(AddFlow(pending));
        for (auto &[name, dataset] : datasets_) TARN_CHECK(Connect(dataset));
        TARN_CHECK(Sort());
        return std::move(graph_);
    }

private:
    struct PendingFlow {
        const sql::Statement *statement;
        std::string place;
    };

    catalog::TableName FullName(const sql::Name &name) const {
        auto &parts = name.parts;
        if (parts.size() == 1) return {pipeline_.catalog, pipeline_.schema, parts[0]};
        if (parts.size() == 2) return {pipeline_.catalog, parts[0], parts[1]};
        return {parts[0], parts[1], parts[2]};
    }
    static std::string Key(const catalog::TableName &name) { return ToLower(name.ToString()); }

    Result<void> ReadSource(const fs::path &source) {
        std::ifstream in(source, std::ios::binary);
        if (!in) return Fail(ErrorKind::kIo, "FAILED_READ_FILE", "Cannot read " + source.string() + ".");
        std::stringstream buffer;
        buffer << in.rdbuf();
        std::string shown = source.lexically_relative(folder_).string();
        auto in_file = [&](Error error) {
            if (error.position.line > 0) shown += ":" + std::to_string(error.position.line) + ":" + std::to_string(error.position.column);
            error.position = {};
            error.message = shown + ": " + error.message;
            return Fail(std::move(error));
        };
        auto text = sql::SubstituteVariables(buffer.str(), pipeline_.configuration);
        if (!text) return in_file(std::move(text).error());
        auto statements = sql::ParseScript(*text);
        if (!statements) return in_file(std::move(statements).error());
        for (sql::ParsedStatement &parsed : *statements) {
            graph_.statements.push_back(std::make_shared<const sql::Statement>(std::move(parsed.statement)));
            TARN_CHECK(AddStatement(*graph_.statements.back(), parsed.text, shown + ":" + std::to_string(parsed.position.line)));
        }
        return {};
    }

    Result<void> AddStatement(const sql::Statement &statement, const std::string &text, const std::string &place) {
        Dataset dataset;
        dataset.statement = &statement;
        dataset.text = text;
        dataset.place = place;
        if (auto *table = statement.As<sql::CreateStreamingTable>()) {
            dataset.name = FullName(table->name);
            dataset.spec = &table->spec;
            if (table->query) {
                dataset.flows.push_back(Flow{Flow::Kind::kAppend, dataset.name.table, table->query, nullptr, {}, false});
            }
        } else if (auto *view = statement.As<sql::CreateMaterializedView>()) {
            dataset.kind = Dataset::Kind::kMaterializedView;
            dataset.name = FullName(view->name);
            dataset.spec = &view->spec;
            dataset.flows.push_back(Flow{Flow::Kind::kReplace, dataset.name.table, view->query, nullptr, {}, false});
        } else if (auto *view = statement.As<sql::CreateView>()) {
            if (!view->expectations.empty()) {
                return Invalid(place, "expectations on views are not supported; put them on the table that reads the view.");
            }
            if (view->temporary || view->pipeline) {
                graph_.views.push_back({view->name.Last(), view->query_text});
                view_queries_[ToLower(view->name.Last())] = view->query;
                return {};
            }
            dataset.kind = Dataset::Kind::kView;
            dataset.name = FullName(view->name);
            dataset.view = view;
        } else if (statement.As<sql::CreateAutoCdcFlow>() || statement.As<sql::CreateInsertFlow>()) {
            pending_flows_.push_back({&statement, place});
            return {};
        } else {
            return Invalid(place, "a pipeline's file may hold CREATE [OR REFRESH] STREAMING TABLE or MATERIALIZED VIEW, CREATE "
                                  "[TEMPORARY] VIEW and CREATE FLOW only.");
        }
        std::string key = Key(dataset.name);
        auto [it, added] = datasets_.try_emplace(key, std::move(dataset));
        if (!added) return Invalid(place, "`" + it->second.name.ToString() + "` is defined already, in " + it->second.place + ".");
        order_.push_back(key);
        return {};
    }

    Result<void> AddFlow(const PendingFlow &pending) {
        Flow flow;
        sql::Name target;
        if (auto *cdc = pending.statement->As<sql::CreateAutoCdcFlow>()) {
            flow.kind = Flow::Kind::kUpsert;
            flow.cdc = cdc;
            flow.name = cdc->flow_name;
            target = cdc->target;
        } else {
            auto &insert = *pending.statement->As<sql::CreateInsertFlow>();
            flow.query = insert.query;
            flow.name = insert.flow_name;
            flow.once = insert.once;
            target = insert.target;
        }
        auto it = datasets_.find(Key(FullName(target)));
        if (it == datasets_.end() || it->second.kind != Dataset::Kind::kStreamingTable) {
            return Invalid(pending.place, "the flow's target `" + target.ToString() + "` is no streaming table of this pipeline.");
        }
        if (flow.name.empty()) flow.name = it->second.name.table;
        for (const Flow &other : it->second.flows) {
            if (EqualsIgnoreCase(other.name, flow.name)) return Invalid(pending.place, "the flow `" + flow.name + "` is defined twice.");
        }
        it->second.flows.push_back(std::move(flow));
        return {};
    }

    // What a query reads, through temporary views.
    void Trace(const sql::QueryUses &uses, Dataset &dataset, Flow *flow, std::set<std::string> &seen_views) {
        for (const sql::TableUse &use : uses.tables) {
            if (use.is_path) continue;
            auto view = use.name.parts.size() == 1 ? view_queries_.find(ToLower(use.name.parts[0])) : view_queries_.end();
            if (view != view_queries_.end()) {
                if (!seen_views.insert(view->first).second) continue;
                TraceQuery(*view->second, dataset, flow, seen_views);
                continue;
            }
            catalog::TableName name = FullName(use.name);
            if (datasets_.contains(Key(name))) dataset.reads.push_back(name);
            if (flow && use.stream) flow->streams.push_back({StreamSource::Kind::kTable, name, nullptr});
        }
    }

    void AddFileStreams(StreamFileFinder &finder, Flow *flow) {
        for (const sql::TableFunction *function : finder.found) {
            if (flow) flow->streams.push_back({StreamSource::Kind::kFiles, {}, function});
        }
    }

    void TraceQuery(const sql::Query &query, Dataset &dataset, Flow *flow, std::set<std::string> &seen_views) {
        StreamFileFinder finder;
        finder.Visit(query);
        AddFileStreams(finder, flow);
        Trace(sql::CollectUses(query), dataset, flow, seen_views);
    }

    Result<void> Connect(Dataset &dataset) {
        if (dataset.kind == Dataset::Kind::kStreamingTable && dataset.flows.empty()) {
            return Invalid(dataset.place, "nothing fills `" + dataset.name.table + "`: give it AS SELECT … or a CREATE FLOW.");
        }
        if (dataset.view) {
            std::set<std::string> seen;
            TraceQuery(*dataset.view->query, dataset, nullptr, seen);
        }
        for (Flow &flow : dataset.flows) {
            std::set<std::string> seen;
            if (flow.query) {
                TraceQuery(*flow.query, dataset, &flow, seen);
            } else {
                StreamFileFinder finder;
                finder.Visit(*flow.cdc->source);
                AddFileStreams(finder, &flow);
                Trace(sql::CollectUses(*flow.cdc->source), dataset, &flow, seen);
            }
            if (dataset.kind == Dataset::Kind::kStreamingTable && flow.streams.empty() && !flow.once) {
                return Invalid(dataset.place, "the flow `" + flow.name + "` reads no STREAM; a streaming table follows one. Use a "
                                              "materialized view for a query over whole tables.");
            }
        }
        return {};
    }

    // Depth first in the order written, so that equal graphs always run alike.
    Result<void> Sort() {
        std::map<std::string, int> state;  // 1: under way, 2: done
        std::function<Result<void>(const std::string &)> visit = [&](const std::string &key) -> Result<void> {
            if (state[key] == 2) return {};
            Dataset &dataset = datasets_.at(key);
            if (state[key] == 1) return Invalid(dataset.place, "`" + dataset.name.ToString() + "` depends on itself.");
            state[key] = 1;
            for (auto &name : dataset.reads) {
                if (Key(name) != key) TARN_CHECK(visit(Key(name)));
            }
            state[key] = 2;
            graph_.datasets.push_back(std::move(dataset));
            return {};
        };
        for (const std::string &key : order_) TARN_CHECK(visit(key));
        return {};
    }

    const PipelineSpec &pipeline_;
    fs::path folder_;
    Graph graph_;
    std::map<std::string, Dataset> datasets_;
    std::vector<std::string> order_;  // Keys as the files define them.
    std::map<std::string, sql::QueryPtr> view_queries_;
    std::vector<PendingFlow> pending_flows_;
};

}  // namespace

Result<Graph> BuildGraph(const PipelineSpec &pipeline, const fs::path &project_folder) {
    return Builder(pipeline, project_folder).Build();
}

}  // namespace tarn::pipeline
