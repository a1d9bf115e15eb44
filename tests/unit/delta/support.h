// What the tests of the Delta room share: a table in memory, and checkpoints without Parquet.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "delta/checkpoint.h"
#include "delta/schema.h"
#include "delta/snapshot.h"
#include "delta/transaction.h"
#include "storage/memory_store.h"
#include "storage/path.h"

namespace tarn::delta {

inline const std::string kRoot = "/lake/t";

inline DataType SimpleSchema() {
    return DataType::Struct({{"id", DataType::Of(TypeKind::kLong)}, {"p", DataType::Of(TypeKind::kString)}});
}

inline AddFile FileOf(const std::string &path, const std::string &partition = "") {
    AddFile file;
    file.path = path;
    if (!partition.empty()) file.partition_values = {{"p", partition}};
    file.size = 100;
    file.modification_time = 1;
    file.stats = R"({"numRecords":3})";
    return file;
}

// "Parquet" that is NDJSON: the engine's real one is tested with the engine.
class TextCheckpointIo final : public CheckpointIo {
public:
    explicit TextCheckpointIo(storage::ObjectStore &store) : store_(store) {}
    Result<void> ReadParquet(const std::string &path, CheckpointSink &sink) override {
        reads++;
        TARN_TRY(std::string text, store_.Read(path));
        if (text.starts_with("PAR1")) return sink.Lines(std::string_view(text).substr(4));
        return Fail(ErrorKind::kCorrupt, "FAILED_READ_FILE", path + " is not a Parquet file.");
    }
    Result<std::string> WriteParquet(const CheckpointRows &rows) override { return "PAR1" + LinesOf(rows); }
    int reads = 0;

private:
    storage::ObjectStore &store_;
};

struct TestTable {
    storage::MemoryStore store;
    Log log{store, kRoot};
    TextCheckpointIo io{store};

    void Write(int64_t version, const std::vector<std::string> &lines) {
        std::string text;
        for (const std::string &line : lines) text += line + "\n";
        ASSERT_TRUE(store.Put(log.CommitPath(version), text));
    }
    void Create(const StringMap &properties = {}, bool deletion_vectors = false) {
        auto table = DescribeNewTable({.schema = SimpleSchema(), .partition_columns = {"p"}, .properties = properties,
                                       .deletion_vectors = deletion_vectors}, 1000);
        ASSERT_TRUE(table) << table.error().ToString();
        auto done = Transaction(store, kRoot, *table).Commit({.operation = "CREATE TABLE"});
        ASSERT_TRUE(done) << done.error().ToString();
        ASSERT_EQ(done->version, 0);
    }
    SnapshotPtr Load(std::optional<int64_t> version = std::nullopt, SnapshotPtr base = nullptr) {
        auto snapshot = LoadSnapshot(store, kRoot, {.version = version, .io = &io, .base = std::move(base)});
        EXPECT_TRUE(snapshot) << snapshot.error().ToString();
        return snapshot ? *snapshot : nullptr;
    }
    Error LoadError(std::optional<int64_t> version = std::nullopt) {
        auto snapshot = LoadSnapshot(store, kRoot, {.version = version, .io = &io});
        EXPECT_FALSE(snapshot) << "expected an error";
        return snapshot ? Error{} : snapshot.error();
    }
    int64_t Append(const std::string &path, const std::string &partition = "1") {
        Transaction transaction(store, Load());
        transaction.Add(FileOf(path, partition));
        auto done = transaction.Commit({.operation = "WRITE"});
        EXPECT_TRUE(done) << done.error().ToString();
        return done ? done->version : -1;
    }
};

inline std::string PathsOf(const Snapshot &snapshot) {
    std::string out;
    for (const FilePtr &file : snapshot.files) out += (out.empty() ? "" : " ") + file->path;
    return out;
}

inline const std::string kProtocolLine = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
inline const std::string kMetadataLine =
    R"({"metaData":{"id":"m","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",)"
    R"(\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],)"
    R"("configuration":{}}})";
inline std::string AddLine(const std::string &path) {
    return R"({"add":{"path":")" + path + R"(","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}})";
}
inline std::string RemoveLine(const std::string &path) {
    return R"({"remove":{"path":")" + path + R"(","deletionTimestamp":5,"dataChange":true}})";
}

// A copy of `text` with a few bytes changed, cut or doubled; the same for the same dice.
inline std::string Mutate(std::string text, std::mt19937_64 &dice) {
    static constexpr std::string_view kBytes = "{}[]\",:\\0129-.enulltrue\n\x00\xff ";
    int changes = 1 + static_cast<int>(dice() % 4);
    for (int i = 0; i < changes && !text.empty(); i++) {
        size_t at = dice() % text.size();
        switch (dice() % 4) {
            case 0: text[at] = kBytes[dice() % kBytes.size()]; break;
            case 1: text.erase(at, 1 + dice() % 8); break;
            case 2: text.insert(at, 1, kBytes[dice() % kBytes.size()]); break;
            default: text.insert(at, text.substr(at, 1 + dice() % 30)); break;
        }
    }
    return text;
}

}  // namespace tarn::delta
