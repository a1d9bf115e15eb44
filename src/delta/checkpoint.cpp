#include "delta/checkpoint.h"

#include <algorithm>
#include <mutex>

#include "delta/internal/json_writer.h"
#include "delta/snapshot.h"
#include "delta/transaction.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

constexpr int64_t kWeekMs = 7LL * 24 * 3600 * 1000;

Field Leaf(const char *name, TypeKind kind) { return Field{name, DataType::Of(kind)}; }
Field Nested(const char *name, DataType type) { return Field{name, std::move(type)}; }
DataType Texts() { return DataType::Array(DataType::Of(TypeKind::kString)); }
DataType TextMap() { return DataType::Map(DataType::Of(TypeKind::kString), DataType::Of(TypeKind::kString)); }

DataType VectorType() {
    return DataType::Struct({Leaf("storageType", TypeKind::kString), Leaf("pathOrInlineDv", TypeKind::kString),
                             Leaf("offset", TypeKind::kInt), Leaf("sizeInBytes", TypeKind::kInt),
                             Leaf("cardinality", TypeKind::kLong)});
}

DataType AddType() {
    return DataType::Struct(
        {Leaf("path", TypeKind::kString), Nested("partitionValues", TextMap()), Leaf("size", TypeKind::kLong),
         Leaf("modificationTime", TypeKind::kLong), Leaf("dataChange", TypeKind::kBoolean),
         Leaf("stats", TypeKind::kString), Nested("tags", TextMap()), Nested("deletionVector", VectorType()),
         Leaf("baseRowId", TypeKind::kLong), Leaf("defaultRowCommitVersion", TypeKind::kLong),
         Leaf("clusteringProvider", TypeKind::kString)});
}

DataType RemoveType() {
    return DataType::Struct({Leaf("path", TypeKind::kString), Leaf("deletionTimestamp", TypeKind::kLong),
                             Leaf("dataChange", TypeKind::kBoolean), Leaf("extendedFileMetadata", TypeKind::kBoolean),
                             Nested("partitionValues", TextMap()), Leaf("size", TypeKind::kLong),
                             Nested("deletionVector", VectorType()), Leaf("baseRowId", TypeKind::kLong),
                             Leaf("defaultRowCommitVersion", TypeKind::kLong)});
}

DataType MetadataType() {
    return DataType::Struct(
        {Leaf("id", TypeKind::kString), Leaf("name", TypeKind::kString), Leaf("description", TypeKind::kString),
         Nested("format", DataType::Struct({Leaf("provider", TypeKind::kString), Nested("options", TextMap())})),
         Leaf("schemaString", TypeKind::kString), Nested("partitionColumns", Texts()),
         Nested("configuration", TextMap()), Leaf("createdTime", TypeKind::kLong)});
}

// Gathers what the files of one checkpoint hold, in the order of files and rows.
class Gathering final : public CheckpointSink {
public:
    explicit Gathering(const std::string &table_root) : table_root_(table_root), add_lines_(table_root), remove_lines_(table_root) {}

    const std::string &table_root() const override { return table_root_; }
    void Adds(uint64_t row, FileChunkPtr chunk) override {
        std::lock_guard lock(mutex_);
        if (chunk) adds_.push_back({file_, row, std::move(chunk)});
    }
    void Removes(uint64_t row, FileChunkPtr chunk) override {
        std::lock_guard lock(mutex_);
        if (chunk) removes_.push_back({file_, row, std::move(chunk)});
    }
    Result<void> Lines(std::string_view ndjson) override {
        std::lock_guard lock(mutex_);
        return ParseActions(ndjson, path_, [&](Action &&action) -> Result<void> {
            if (auto *sidecar = std::get_if<Sidecar>(&action)) {
                sidecars_.push_back(std::move(*sidecar));
            } else if (auto *add = std::get_if<AddFile>(&action)) {
                add_lines_.Append(*add);
                if (add_lines_.full()) adds_.push_back({file_, line_++, add_lines_.Finish()});
            } else if (auto *remove = std::get_if<RemoveFile>(&action)) {
                remove_lines_.Append(*remove);
                if (remove_lines_.full()) removes_.push_back({file_, line_++, remove_lines_.Finish()});
            } else {
                others_.push_back(std::move(action));
            }
            return {};
        });
    }

    void BeginFile(std::string path) { path_ = std::move(path); }
    void EndFile() {
        if (FileChunkPtr rest = add_lines_.Finish()) adds_.push_back({file_, line_++, std::move(rest)});
        if (FileChunkPtr rest = remove_lines_.Finish()) removes_.push_back({file_, line_++, std::move(rest)});
        file_++;
    }
    const std::vector<Sidecar> &sidecars() const { return sidecars_; }
    CheckpointContents Take() && { return {InOrder(adds_), InOrder(removes_), std::move(others_)}; }

private:
    struct Piece {
        size_t file;
        uint64_t row;
        FileChunkPtr chunk;
    };
    static FileRows InOrder(std::vector<Piece> &pieces) {
        std::ranges::sort(pieces, {}, [](const Piece &piece) { return std::pair(piece.file, piece.row); });
        FileRows rows;
        for (Piece &piece : pieces) rows.Append(std::move(piece.chunk));
        return rows;
    }

    const std::string &table_root_;
    std::mutex mutex_;
    std::string path_;
    size_t file_ = 0;
    uint64_t line_ = 0;
    std::vector<Piece> adds_, removes_;
    FileChunkBuilder add_lines_, remove_lines_;
    std::vector<Action> others_;
    std::vector<Sidecar> sidecars_;
};

// Reads a v2 checkpoint's JSON here, or a Parquet file through the engine.
Result<void> ReadFile(const Log &log, const std::string &path, bool is_json, CheckpointIo *io, Gathering &sink) {
    sink.BeginFile(path);
    if (is_json) {
        TARN_TRY(std::string text, log.store().Read(path));
        TARN_CHECK(sink.Lines(text));
    } else if (io == nullptr) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                    "The checkpoint " + path + " is Parquet, and no Parquet reader was given.");
    } else {
        TARN_CHECK(io->ReadParquet(path, sink));
    }
    sink.EndFile();
    return {};
}

Result<std::string> SidecarPath(const Log &log, const Sidecar &sidecar) {
    return storage::ResolveActionPath(storage::JoinPath(log.log_directory(), "_sidecars"), sidecar.path);
}

struct CheckpointText {
    std::string ndjson;
    int64_t actions = 0;
    int64_t add_files = 0;
};

CheckpointText Compose(const Snapshot &snapshot, int64_t now_ms, bool v2) {
    CheckpointText out;
    auto append = [&](const Action &action) {
        AppendJson(action, out.ndjson);
        out.ndjson += '\n';
        out.actions++;
    };
    if (v2) append(CheckpointMetadata{snapshot.version});
    append(snapshot.protocol);
    append(snapshot.metadata);
    for (const auto &[app, transaction] : snapshot.transactions) append(transaction);
    for (const auto &[name, domain] : snapshot.domains) append(domain);
    int64_t retention = snapshot.metadata.IntervalProperty("delta.deletedFileRetentionDuration", kWeekMs);
    snapshot.tombstones.rows().ForEach([&](const FileRow &row) {
        if (row.time().value_or(0) < now_ms - retention) return;
        RemoveFile copy = row.ToRemove();
        copy.data_change = false;
        copy.stats.clear();
        copy.tags.clear();
        append(std::move(copy));
    });
    snapshot.files.rows().ForEach([&](const FileRow &row) {
        AddFile copy = row.ToAdd();
        copy.data_change = false;
        append(std::move(copy));
        out.add_files++;
    });
    return out;
}

std::string Hint(const Snapshot &snapshot, const CheckpointText &text, size_t bytes) {
    std::string out;
    JsonWriter json(out);
    json.BeginObject().Field("version", snapshot.version).Field("size", text.actions);
    json.Field("sizeInBytes", static_cast<int64_t>(bytes)).Field("numOfAddFiles", text.add_files).EndObject();
    return out;
}

}  // namespace

DataType CheckpointSchema() {
    DataType txn = DataType::Struct({Leaf("appId", TypeKind::kString), Leaf("version", TypeKind::kLong),
                                     Leaf("lastUpdated", TypeKind::kLong)});
    DataType protocol =
        DataType::Struct({Leaf("minReaderVersion", TypeKind::kInt), Leaf("minWriterVersion", TypeKind::kInt),
                          Nested("readerFeatures", Texts()), Nested("writerFeatures", Texts())});
    DataType domain = DataType::Struct({Leaf("domain", TypeKind::kString), Leaf("configuration", TypeKind::kString),
                                        Leaf("removed", TypeKind::kBoolean)});
    return DataType::Struct({Nested("txn", std::move(txn)), Nested("add", AddType()), Nested("remove", RemoveType()),
                             Nested("metaData", MetadataType()), Nested("protocol", std::move(protocol)),
                             Nested("domainMetadata", std::move(domain))});
}

Result<CheckpointContents> ReadCheckpoint(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io) {
    Gathering gathering(log.table_root());
    for (const std::string &path : checkpoint.paths) {
        TARN_CHECK(ReadFile(log, path, checkpoint.format == CheckpointFormat::kV2Json, io, gathering));
    }
    // A copy: a sidecar of a sidecar would be nonsense, but must not loop for ever either.
    std::vector<Sidecar> sidecars = gathering.sidecars();
    for (const Sidecar &sidecar : sidecars) {
        TARN_TRY(std::string path, SidecarPath(log, sidecar));
        TARN_CHECK(ReadFile(log, path, false, io, gathering));
    }
    return std::move(gathering).Take();
}

bool CheckpointDue(const Snapshot &snapshot) {
    int64_t interval = snapshot.metadata.IntProperty("delta.checkpointInterval", 10);
    return interval > 0 && snapshot.version > 0 && snapshot.version % interval == 0;
}

Result<void> WriteCheckpoint(storage::ObjectStore &store, const Snapshot &snapshot, CheckpointIo &io, int64_t now_ms) {
    Log log(store, snapshot.table_root);
    // Tables with the feature may be read by nobody who would need the classic form, and its JSON needs no Parquet.
    bool v2 = snapshot.protocol.HasWriterFeature("v2Checkpoint");
    std::string path = log.CheckpointPath(snapshot.version);
    if (v2) {
        path.resize(path.size() - std::string_view("parquet").size());
        path += NewUuid() + ".json";
    } else if (store.Head(path)) {
        return {};
    }
    CheckpointText text = Compose(snapshot, now_ms, v2);
    size_t size = text.ndjson.size();
    if (v2) {
        TARN_CHECK(store.Put(path, text.ndjson));
    } else {
        TARN_TRY(std::string bytes, io.WriteParquet(CheckpointSchema(), text.ndjson));
        size = bytes.size();
        TARN_CHECK(store.Put(path, bytes));
    }
    return store.Put(storage::JoinPath(log.log_directory(), "_last_checkpoint"), Hint(snapshot, text, size));
}

}  // namespace tarn::delta
