// Statistics and schemas of strangers.
#include <string_view>

#include "delta/schema.h"
#include "delta/stats.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    using namespace tarn::delta;
    std::string text(reinterpret_cast<const char *>(data), size);
    FileStats stats(text);
    (void)stats.NumRecords();
    (void)stats.TightBounds();
    (void)stats.Of({"a", "b"});
    (void)stats.OfColumns({"id", "a"});
    std::string wide = WithWideBounds(text);
    if (stats.NumRecords()) TARN_ASSERT(FileStats(wide).NumRecords() == stats.NumRecords());
    auto schema = ParseSchema(text);
    if (schema) {
        std::string json = SchemaToJson(*schema);
        auto again = ParseSchema(json);
        TARN_ASSERT(again && SchemaToJson(*again) == json);
    }
    // Any text as a bound must give JSON.
    ColumnStats column{.path = {"id"}, .type = tarn::DataType::Of(tarn::TypeKind::kString), .min = text, .max = text};
    std::string built = BuildStats(1, {column}, tarn::DataType::Struct({{"id", column.type}}));
    TARN_ASSERT(FileStats(built).NumRecords() == 1);
    auto bounds = FileStats(built).Of({"id"});
    TARN_ASSERT(!bounds.min || *bounds.min <= text);
    TARN_ASSERT(!bounds.max || *bounds.max >= text);
    // Any text as the list of columns that have statistics; what is accepted means the same when it is written anew.
    Metadata metadata;
    metadata.schema = tarn::DataType::Struct({{"a", column.type}, {"s", tarn::DataType::Struct({{"b.c", column.type}})}});
    metadata.configuration["delta.dataSkippingStatsColumns"] = text;
    if (CheckStatsColumns(metadata)) {
        auto listed = StatsOptionsOf(metadata).only;
        FollowStatsColumns(tarn::DataType::Struct({metadata.schema.fields[0], metadata.schema.fields[1], {"gone", column.type}}), metadata);
        TARN_ASSERT(CheckStatsColumns(metadata) && StatsOptionsOf(metadata).only == listed);
    }
    return 0;
}
