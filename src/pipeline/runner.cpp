#include "pipeline/runner.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "engine/session.h"
#include "pipeline/progress.h"
#include "sql/render.h"

namespace tarn::pipeline {
namespace {

double Seconds(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

std::unexpected<Error> NoFile(const std::string &pattern) {
    Error error = MakeError(ErrorKind::kNotFound, "PATH_NOT_FOUND", "No file matches " + pattern + ".");
    error.remedy = "The first run needs at least one file to know the columns.";
    return Fail(std::move(error));
}

std::string TableKey(const catalog::TableName &name) { return ToLower(name.ToString()); }

// Brings datasets up to date, one at a time, in a session of its own.
class Updater {
public:
    Updater(engine::Engine &engine, const PipelineSpec &pipeline, const RunOptions &options)
        : engine_(engine), pipeline_(pipeline), options_(options), session_(engine.NewSession()), flows_(session_->flows()) {
        session_->SetCaller("pipeline");
    }

    Result<void> Prepare(const Graph &graph) {
        session_->Use(pipeline_.catalog, pipeline_.schema);
        for (const PipelineView &view : graph.views) TARN_CHECK(session_->CreateTemporaryView(view.name, view.query_text));
        return {};
    }

    Result<void> CreateSchemas(const Graph &graph) {
        std::set<std::pair<std::string, std::string>> schemas{{pipeline_.catalog, pipeline_.schema}};
        for (const Dataset &dataset : graph.datasets) schemas.insert({dataset.name.catalog, dataset.name.schema});
        for (auto &[catalog, schema] : schemas) {
            TARN_TRY(bool exists, engine_.catalog().SchemaExists(catalog, schema));
            if (!exists) TARN_CHECK(engine_.catalog().CreateSchema({catalog, schema, ""}));
        }
        return {};
    }

    Result<void> CheckSources(const Dataset &dataset) {
        for (const Flow &flow : dataset.flows) {
            for (const StreamSource &stream : flow.streams) {
                if (stream.kind != StreamSource::Kind::kFiles) continue;
                TARN_TRY(auto files, flows_.ListFiles(*stream.files));
                if (files.empty()) return NoFile(engine::StreamKey(*stream.files));
            }
        }
        return {};
    }

    Result<void> Drop(const Dataset &dataset) {
        if (dataset.kind == Dataset::Kind::kView) return {};
        TARN_TRY(FileLock alone, LockOf(dataset));
        TARN_CHECK(flows_.DropTable(dataset.name));
        for (const Flow &flow : dataset.flows) TARN_CHECK(ProgressOf(dataset, flow).Clear());
        return {};
    }

    Result<TableReport> Run(const Dataset &dataset) {
        auto start = std::chrono::steady_clock::now();
        auto report = options_.dry_run ? Planned(dataset) : Update(dataset);
        if (!report) {
            Error error = std::move(report).error();
            error.message = dataset.name.table + " (" + dataset.place + "): " + error.message;
            error.position = {};
            return Fail(std::move(error));
        }
        report->seconds = Seconds(start);
        return report;
    }

private:
    static Result<TableReport> Planned(const Dataset &dataset) {
        TableReport report;
        report.name = dataset.name.table;
        report.kind = dataset.kind;
        return report;
    }

    ProgressStore ProgressOf(const Dataset &dataset, const Flow &flow) const {
        return ProgressStore(engine_.root() / "checkpoints" / TableKey(dataset.name) / ToLower(flow.name));
    }

    // Two runs of one pipeline take turns at each table: what one has taken in and written down, the other goes on from.
    Result<FileLock> LockOf(const Dataset &dataset) const {
        return FileLock::Take(engine_.root() / "checkpoints" / (TableKey(dataset.name) + ".lock"));
    }

    Result<TableReport> Update(const Dataset &dataset) {
        TableReport report;
        report.name = dataset.name.table;
        report.kind = dataset.kind;
        if (dataset.kind == Dataset::Kind::kView) {
            TARN_TRY(report.changed, UpdateView(dataset));
            return report;
        }
        TARN_TRY(FileLock alone, LockOf(dataset));
        for (const Flow &flow : dataset.flows) {
            if (flow.kind == Flow::Kind::kReplace) TARN_CHECK(UpdateMaterializedView(dataset, flow, report));
            else TARN_CHECK(UpdateStream(dataset, flow, report));
        }
        if (!report.version) {
            TARN_TRY(bool exists, flows_.TableExists(dataset.name, KindOf(dataset)));
            if (exists) {
                TARN_TRY(engine::TableState now, flows_.StateOf(dataset.name));
                report.version = now.version;
            }
        }
        return report;
    }

    static void Add(TableReport &report, const engine::BatchResult &batch) {
        auto &sum = report.result;
        sum.rows_read += batch.rows_read;
        sum.rows_inserted += batch.rows_inserted;
        sum.rows_updated += batch.rows_updated;
        sum.rows_deleted += batch.rows_deleted;
        sum.rows_dropped += batch.rows_dropped;
        sum.added_columns.insert(sum.added_columns.end(), batch.added_columns.begin(), batch.added_columns.end());
        for (auto &count : batch.expectations) {
            auto known = std::ranges::find(sum.expectations, count.name, &engine::ExpectationCount::name);
            if (known == sum.expectations.end()) {
                sum.expectations.push_back(count);
            } else {
                known->passed += count.passed;
                known->failed += count.failed;
            }
        }
        if (batch.version) {
            report.version = batch.version;
            report.changed = true;
        }
    }

    static catalog::TableKind KindOf(const Dataset &dataset) {
        return dataset.kind == Dataset::Kind::kMaterializedView ? catalog::TableKind::kMaterializedView : catalog::TableKind::kStreamingTable;
    }

    static engine::PipelineTable TableOf(const Dataset &dataset) { return {dataset.name, KindOf(dataset), dataset.spec}; }

    // A view's columns are fixed when it is made, so it is made anew whenever they could have changed.
    Result<bool> UpdateView(const Dataset &dataset) {
        TARN_TRY(auto before, engine_.catalog().FindTable(dataset.name));
        sql::CreateView definition = *dataset.view;
        definition.or_replace = true;
        definition.name = {{dataset.name.catalog, dataset.name.schema, dataset.name.table}, definition.name.position};
        sql::Statement statement{definition, dataset.statement->position};
        TARN_CHECK(session_->Execute(statement, dataset.text));
        TARN_TRY(auto after, engine_.catalog().FindTable(dataset.name));
        return !before || before->view_columns != after->view_columns || before->view_text != after->view_text;
    }

    Result<void> UpdateMaterializedView(const Dataset &dataset, const Flow &flow, TableReport &report) {
        TARN_TRY(std::string fingerprint, flows_.Fingerprint(*flow.query));
        if (!fingerprint.empty()) fingerprint += "|" + dataset.text;
        ProgressStore progress = ProgressOf(dataset, flow);
        TARN_TRY(bool exists, flows_.TableExists(dataset.name, KindOf(dataset)));
        if (exists && !fingerprint.empty()) {
            auto last = progress.Load(0);
            if (last && last->fingerprint == fingerprint) return {};
        }
        TARN_TRY(engine::BatchResult result, flows_.Replace(TableOf(dataset), {dataset.name, flow.query, dataset.spec->expectations}));
        Add(report, result);
        FlowState state;
        state.fingerprint = std::move(fingerprint);
        return progress.Save(0, state);
    }

    // The files of the stream that were not taken in yet.
    Result<std::vector<engine::SourceFile>> NewFiles(const sql::TableFunction &function, const std::vector<engine::SourceFile> &known) {
        TARN_TRY(std::vector<engine::SourceFile> files, flows_.ListFiles(function));
        bool overwrites = flows_.TakesOverwrites(function);
        std::map<std::string, engine::SourceFile> seen;
        for (auto &file : known) seen[file.path] = file;
        std::erase_if(files, [&](const engine::SourceFile &file) {
            auto it = seen.find(file.path);
            return it != seen.end() && (!overwrites || it->second == file);
        });
        return files;
    }

public:
    // Bytes of the files that the dataset's streams follow; 0 where they cannot be listed, which its own update will say.
    uint64_t SourceBytes(const Dataset &dataset) {
        uint64_t bytes = 0;
        for (const Flow &flow : dataset.flows) {
            for (const StreamSource &stream : flow.streams) {
                if (stream.kind != StreamSource::Kind::kFiles) continue;
                auto files = flows_.ListFiles(*stream.files);
                if (!files) continue;
                for (const engine::SourceFile &file : *files) bytes += static_cast<uint64_t>(file.size);
            }
        }
        return bytes;
    }

private:
    // Fills `inputs` with what is new and `state` with what then is taken in. False: nothing is new.
    Result<bool> PlanBatch(const Flow &flow, const std::optional<int64_t> &committed, FlowState &state, engine::StreamInputs &inputs,
                           TableReport &report) {
        bool news = false;
        std::set<std::string> planned;  // A query may read one stream in several places: they all see the same rows.
        for (const StreamSource &stream : flow.streams) {
            bool of_files = stream.kind == StreamSource::Kind::kFiles;
            std::string key = of_files ? engine::StreamKey(*stream.files) : TableKey(stream.table);
            if (!planned.insert((of_files ? "files " : "table ") + key).second) continue;
            if (of_files) {
                auto &known = state.files[key];
                TARN_TRY(std::vector<engine::SourceFile> files, NewFiles(*stream.files, known));
                if (files.empty() && known.empty()) return NoFile(key);
                for (auto &file : files) {
                    std::erase_if(known, [&](auto &old) { return old.path == file.path; });
                    known.push_back(file);
                }
                news |= !files.empty();
                report.files_read += static_cast<int64_t>(files.size());
                auto schema = state.schemas.find(key);
                engine::StreamInputs::FileSet set;
                set.files = std::move(files);
                if (schema != state.schemas.end()) set.known_schema = schema->second;
                inputs.files[key] = std::move(set);
            } else {
                TARN_TRY(engine::TableState now, flows_.StateOf(stream.table));
                auto last = state.versions.find(key);
                std::optional<int64_t> from = last == state.versions.end() ? std::nullopt : std::optional(last->second);
                auto id = state.ids.find(key);
                if (from && (now.version < *from || (id != state.ids.end() && id->second != now.id))) {
                    Error error = MakeError(ErrorKind::kInvalidInput, "STREAM_FAILED",
                                            "The source " + stream.table.ToString() + " was made anew since its version " + std::to_string(*from) + " was taken in.");
                    error.remedy = "Run with --full-refresh.";
                    return Fail(std::move(error));
                }
                news |= !from || now.version > *from;
                inputs.tables[key] = {from, now.version};
                state.versions[key] = now.version;
                state.ids[key] = now.id;
            }
        }
        return news || (flow.once && !committed);
    }

    Result<void> UpdateStream(const Dataset &dataset, const Flow &flow, TableReport &report) {
        std::string application = "tarn:" + TableKey(dataset.name) + ":" + ToLower(flow.name);
        TARN_TRY(std::optional<int64_t> committed, flows_.CommittedBatch(dataset.name, application));
        ProgressStore progress = ProgressOf(dataset, flow);
        FlowState state;
        if (committed) { TARN_TRY(state, progress.Load(*committed)); }
        engine::StreamInputs inputs;
        TARN_TRY(bool news, PlanBatch(flow, committed, state, inputs, report));
        if (!news) return {};

        engine::FlowProgress step{application, committed ? *committed + 1 : 0};
        // The files' columns are known only when they have been looked at, which the batch does just before it writes.
        inputs.before_commit = [&](const engine::StreamInputs &read) {
            for (auto &[key, set] : read.files) {
                if (set.schema) state.schemas[key] = *set.schema;
            }
            return progress.Save(step.batch, state);
        };
        engine::PipelineTable table = TableOf(dataset);
        Result<engine::BatchResult> result =
            flow.kind == Flow::Kind::kUpsert
                ? flows_.Upsert(table, {dataset.name, flow.cdc, dataset.flows.size() > 1, dataset.spec->expectations, step}, inputs)
                : flows_.Append(table, {dataset.name, flow.query, dataset.spec->expectations, step}, inputs);
        if (!result) return Fail(std::move(result).error());
        Add(report, *result);
        return {};
    }

    engine::Engine &engine_;
    const PipelineSpec &pipeline_;
    const RunOptions &options_;
    std::unique_ptr<engine::Session> session_;
    engine::FlowRunner &flows_;
};

// Datasets that do not read each other are updated side by side: while one commits, another computes.
class Schedule {
public:
    Schedule(engine::Engine &engine, const PipelineSpec &pipeline, const RunOptions &options, const Graph &graph)
        : engine_(engine), pipeline_(pipeline), options_(options), graph_(graph), states_(graph.datasets.size()),
          reports_(graph.datasets.size()) {
        for (size_t i = 0; i < graph.datasets.size(); i++) {
            index_[TableKey(graph.datasets[i].name)] = i;
            if (!Selected(graph.datasets[i])) states_[i] = State::kDone;
        }
    }

    Result<RunReport> Execute() {
        auto start = std::chrono::steady_clock::now();
        {
            Updater first(engine_, pipeline_, options_);
            if (!options_.dry_run) TARN_CHECK(first.CreateSchemas(graph_));
            std::vector<uint64_t> bytes;
            for (const Dataset &dataset : graph_.datasets) bytes.push_back(first.SourceBytes(dataset));
            Prioritize(bytes);
            if (options_.full_refresh && !options_.dry_run) TARN_CHECK(DropAll(first));
        }
        std::vector<std::thread> workers;
        for (int i = 0; i < kWorkers; i++) workers.emplace_back([this] { Work(); });
        for (std::thread &worker : workers) worker.join();
        if (error_) return Fail(std::move(*error_));
        RunReport report;
        for (auto &table : reports_) {
            if (table) report.tables.push_back(std::move(*table));
        }
        report.seconds = Seconds(start);
        return report;
    }

private:
    enum class State : uint8_t { kWaiting, kRunning, kDone };
    static constexpr int kWorkers = 2;  // DuckDB uses every core within a query; a second one fills its gaps.

    bool Selected(const Dataset &dataset) const {
        auto &names = options_.select;
        return names.empty() || std::ranges::any_of(names, [&](auto &name) { return EqualsIgnoreCase(name, dataset.name.table); });
    }

    bool Ready(size_t i) const {
        return states_[i] == State::kWaiting && std::ranges::all_of(graph_.datasets[i].reads, [&](auto &name) {
            size_t other = index_.at(TableKey(name));
            return other == i || states_[other] == State::kDone;
        });
    }

    // Nothing goes before everything that is to replace it has been found.
    Result<void> DropAll(Updater &updater) {
        for (auto step : {&Updater::CheckSources, &Updater::Drop}) {
            for (size_t i = 0; i < states_.size(); i++) {
                if (states_[i] != State::kDone) TARN_CHECK((updater.*step)(graph_.datasets[i]));
            }
        }
        return {};
    }

    // The longest way to the end first: what a dataset has to work through, and the longest of what waits for it. A small chain
    // that is left over fills gaps; a large one that is left over has nobody to share the cores with.
    void Prioritize(const std::vector<uint64_t> &source_bytes) {
        // What flows into a dataset is what its sources took in: datasets stand behind those they read. A view is only looked at.
        std::vector<uint64_t> through = source_bytes, work(through.size());
        for (size_t i = 0; i < through.size(); i++) {
            ForEachRead(i, [&](size_t other) { through[i] += through[other]; });
            work[i] = graph_.datasets[i].kind == Dataset::Kind::kView ? 0 : through[i];
        }
        urgency_ = work;
        for (size_t i = urgency_.size(); i-- > 0;) {
            ForEachRead(i, [&](size_t other) { urgency_[other] = std::max(urgency_[other], work[other] + urgency_[i]); });
        }
    }

    template <class Visit>
    void ForEachRead(size_t i, Visit visit) const {
        for (auto &name : graph_.datasets[i].reads) {
            size_t other = index_.at(TableKey(name));
            if (other != i) visit(other);
        }
    }

    std::optional<size_t> NextReady() const {
        std::optional<size_t> best;
        for (size_t i = 0; i < states_.size(); i++) {
            if (Ready(i) && (!best || urgency_[i] > urgency_[*best])) best = i;
        }
        return best;
    }

    void Work() {
        Updater updater(engine_, pipeline_, options_);
        std::unique_lock lock(mutex_);
        if (auto prepared = updater.Prepare(graph_); !prepared) error_ = std::move(prepared).error();
        while (!error_) {
            std::optional<size_t> found = NextReady();
            if (!found) {
                if (std::ranges::all_of(states_, [](State state) { return state == State::kDone; })) return;
                changed_.wait(lock);
                continue;
            }
            size_t next = *found;
            const Dataset &dataset = graph_.datasets[next];
            states_[next] = State::kRunning;
            if (options_.on_start) options_.on_start(dataset.name.table);
            lock.unlock();
            auto report = updater.Run(dataset);
            lock.lock();
            states_[next] = State::kDone;
            if (!report && !error_) error_ = std::move(report).error();
            if (report) {
                if (options_.on_table) options_.on_table(*report);
                reports_[next] = std::move(*report);
            }
            changed_.notify_all();
        }
        changed_.notify_all();
    }

    engine::Engine &engine_;
    const PipelineSpec &pipeline_;
    const RunOptions &options_;
    const Graph &graph_;
    std::map<std::string, size_t> index_;
    std::mutex mutex_;  // Guards all below, and the callbacks.
    std::condition_variable changed_;
    std::vector<State> states_;
    std::vector<std::optional<TableReport>> reports_;
    std::vector<uint64_t> urgency_;
    std::optional<Error> error_;
};

}  // namespace

bool RunReport::changed() const {
    return std::ranges::any_of(tables, [](const TableReport &table) { return table.changed; });
}

Result<RunReport> RunPipeline(engine::Engine &engine, const Project &project, const PipelineSpec &pipeline, const RunOptions &options) {
    TARN_TRY(Graph graph, BuildGraph(pipeline, project.folder));
    for (const std::string &name : options.select) {
        bool known = std::ranges::any_of(graph.datasets, [&](auto &dataset) { return EqualsIgnoreCase(dataset.name.table, name); });
        if (known) continue;
        return Fail(ErrorKind::kInvalidInput, "PIPELINE_INVALID_DEFINITION", "--select " + name + ": the pipeline `" + pipeline.name + "` defines no such table.");
    }
    return Schedule(engine, pipeline, options, graph).Execute();
}

}  // namespace tarn::pipeline
