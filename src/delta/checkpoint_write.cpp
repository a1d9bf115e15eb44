// Writing checkpoints: checkpoint.h.
#include "delta/checkpoint.h"
#include "delta/internal/hint.h"
#include "delta/internal/json_writer.h"
#include "delta/snapshot.h"
#include "delta/transaction.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

constexpr int64_t kWeekMs = 7LL * 24 * 3600 * 1000;

void AppendLine(const Action &action, std::string &out) {
    AppendJson(action, out);
    out += '\n';
}

// The tombstones that readers of older versions may still need.
FileRows YoungTombstones(const Snapshot &snapshot, int64_t now_ms) {
    int64_t retention = snapshot.metadata.IntervalProperty("delta.deletedFileRetentionDuration", kWeekMs);
    FileRows young;
    for (const FileRows::Part &part : snapshot.tombstones.rows().parts()) {
        auto kept = std::make_shared<std::vector<uint32_t>>();
        for (uint32_t i = 0; i < part.size(); i++) {
            if (part[i].time().value_or(0) >= now_ms - retention) kept->push_back(part.kept ? (*part.kept)[i] : i);
        }
        young.Append(part.chunk, std::move(kept));
    }
    return young;
}

// Everything that is no file. Returns the number of lines.
int64_t AppendOthers(const Snapshot &snapshot, int64_t now_ms, std::string &out) {
    AppendLine(snapshot.protocol, out);
    AppendLine(snapshot.metadata, out);
    int64_t lines = 2 + static_cast<int64_t>(snapshot.domains.size());
    // Kept for ever unless the table says otherwise: they are what makes a stream's batches and COPY INTO's files count once.
    int64_t retention = snapshot.metadata.IntervalProperty("delta.setTransactionRetentionDuration", -1);
    for (const auto &[app, transaction] : snapshot.transactions) {
        if (retention >= 0 && transaction.last_updated && *transaction.last_updated < now_ms - retention) continue;
        AppendLine(transaction, out);
        lines++;
    }
    for (const auto &[name, domain] : snapshot.domains) AppendLine(domain, out);
    return lines;
}

// The sidecar is on disk before the checkpoint that names it.
Result<Sidecar> WriteSidecar(const Log &log, const CheckpointRows &rows, CheckpointIo &io, int64_t now_ms) {
    TARN_TRY(std::string bytes, io.WriteParquet(rows));
    Sidecar sidecar{NewUuid() + ".parquet", static_cast<int64_t>(bytes.size()), now_ms};
    TARN_CHECK(log.store().Put(storage::JoinPath(storage::JoinPath(log.log_directory(), "_sidecars"), sidecar.path), bytes));
    return sidecar;
}

}  // namespace

std::string LinesOf(const CheckpointRows &rows) {
    std::string out = rows.lines;
    if (rows.removes) {
        rows.removes->ForEach([&](const FileRow &row) {
            RemoveFile file = row.ToRemove();
            file.data_change = false;
            file.stats.clear();
            file.tags.clear();
            AppendLine(std::move(file), out);
        });
    }
    if (rows.adds) {
        rows.adds->ForEach([&](const FileRow &row) {
            AddFile file = row.ToAdd();
            file.data_change = false;
            AppendLine(std::move(file), out);
        });
    }
    return out;
}

bool CheckpointDue(const Metadata &metadata, int64_t version) {
    int64_t interval = metadata.IntProperty("delta.checkpointInterval", 10);
    return interval > 0 && version > 0 && version % interval == 0;
}

Result<void> WriteCheckpoint(storage::ObjectStore &store, const Snapshot &snapshot, CheckpointIo &io, int64_t now_ms) {
    Log log(store, snapshot.table_root);
    const std::string *policy = snapshot.metadata.Property("delta.checkpointPolicy");
    bool v2 = snapshot.protocol.HasWriterFeature("v2Checkpoint") && policy && EqualsIgnoreCase(*policy, "v2");
    std::string path = log.CheckpointPath(snapshot.version);
    if (!v2 && store.Head(path)) return {};
    // A checkpoint without them would lose them for good.
    TARN_CHECK(snapshot.files.rows().LoadStats());
    FileRows tombstones = YoungTombstones(snapshot, now_ms);
    CheckpointRows rows{.adds = &snapshot.files.rows(), .removes = &tombstones, .metadata = &snapshot.metadata};
    rows.stats_as_json = snapshot.metadata.BoolProperty("delta.checkpoint.writeStatsAsJson", true);
    rows.stats_as_struct = snapshot.metadata.BoolProperty("delta.checkpoint.writeStatsAsStruct", false);
    CheckpointHint hint{.version = snapshot.version, .add_files = static_cast<int64_t>(snapshot.files.size())};
    hint.actions = hint.add_files + static_cast<int64_t>(tombstones.size());
    if (v2) {
        path.resize(path.size() - std::string_view("parquet").size());
        path += NewUuid() + ".json";
        std::string text;
        AppendLine(CheckpointMetadata{snapshot.version}, text);
        hint.actions += 1 + AppendOthers(snapshot, now_ms, text);
        if (!snapshot.files.empty() || !tombstones.empty()) {
            TARN_TRY(Sidecar sidecar, WriteSidecar(log, rows, io, now_ms));
            AppendLine(sidecar, text);
            hint.actions++;
            hint.bytes += sidecar.size_in_bytes;
        }
        hint.bytes += static_cast<int64_t>(text.size());
        TARN_CHECK(store.Put(path, text));
    } else {
        hint.actions += AppendOthers(snapshot, now_ms, rows.lines);
        TARN_TRY(std::string bytes, io.WriteParquet(rows));
        hint.bytes = static_cast<int64_t>(bytes.size());
        TARN_CHECK(store.Put(path, bytes));
    }
    // A slower writer must not take the hint back to an older checkpoint.
    std::optional<int64_t> newest = log.ReadHint();
    if (newest && *newest > snapshot.version) return {};
    return store.Put(storage::JoinPath(log.log_directory(), "_last_checkpoint"), HintText(hint));
}

}  // namespace tarn::delta
