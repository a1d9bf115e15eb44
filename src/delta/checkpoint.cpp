#include "delta/checkpoint.h"

#include <algorithm>
#include <mutex>

#include "delta/internal/json_writer.h"
#include "delta/snapshot.h"
#include "delta/transaction.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

Field Leaf(const char *name, TypeKind kind) { return Field{name, DataType::Of(kind)}; }
Field Nested(const char *name, DataType type) { return Field{name, std::move(type)}; }
DataType Texts() { return DataType::Array(DataType::Of(TypeKind::kString)); }
DataType TextMap() { return DataType::Map(DataType::Of(TypeKind::kString), DataType::Of(TypeKind::kString)); }

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

}  // namespace

DataType CheckpointSchema() {
    DataType txn = DataType::Struct({Leaf("appId", TypeKind::kString), Leaf("version", TypeKind::kLong),
                                     Leaf("lastUpdated", TypeKind::kLong)});
    DataType protocol =
        DataType::Struct({Leaf("minReaderVersion", TypeKind::kInt), Leaf("minWriterVersion", TypeKind::kInt),
                          Nested("readerFeatures", Texts()), Nested("writerFeatures", Texts())});
    DataType domain = DataType::Struct({Leaf("domain", TypeKind::kString), Leaf("configuration", TypeKind::kString),
                                        Leaf("removed", TypeKind::kBoolean)});
    return DataType::Struct({Nested("txn", std::move(txn)), Nested("metaData", MetadataType()), Nested("protocol", std::move(protocol)),
                             Nested("domainMetadata", std::move(domain))});
}

namespace {

// The checkpoint's own files. Returns the sidecars they name.
Result<std::vector<std::string>> ReadTop(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io, Gathering &gathering) {
    for (const std::string &path : checkpoint.paths) {
        TARN_CHECK(ReadFile(log, path, checkpoint.format == CheckpointFormat::kV2Json, io, gathering));
    }
    std::vector<std::string> paths;
    for (const Sidecar &sidecar : gathering.sidecars()) {
        TARN_TRY(std::string path, SidecarPath(log, sidecar));
        paths.push_back(std::move(path));
    }
    return paths;
}

}  // namespace

Result<std::vector<std::string>> SidecarsOf(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io) {
    Gathering gathering(log.table_root());
    return ReadTop(log, checkpoint, io, gathering);
}

Result<CheckpointContents> ReadCheckpoint(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io) {
    Gathering gathering(log.table_root());
    // A sidecar of a sidecar would be nonsense, and does not loop for ever: the list is complete here.
    TARN_TRY(std::vector<std::string> sidecars, ReadTop(log, checkpoint, io, gathering));
    for (const std::string &path : sidecars) TARN_CHECK(ReadFile(log, path, false, io, gathering));
    return std::move(gathering).Take();
}

}  // namespace tarn::delta
