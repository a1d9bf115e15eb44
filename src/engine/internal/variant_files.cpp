#include "engine/internal/variant_files.h"

#include <algorithm>

#include "parquet_file_metadata_cache.hpp"
#include "parquet_reader.hpp"

namespace tarn::engine {
namespace {

using duckdb_parquet::SchemaElement;
using Elements = std::vector<SchemaElement>;

// A Parquet footer lists its columns as a tree in preorder. The caller has parsed it once: its counts are right.
class Annotator {
public:
    Annotator(duckdb_parquet::FileMetaData &footer, bool by_id) : footer_(footer), by_id_(by_id) {}

    // Returns whether anything changed.
    bool Run(const DataType &schema) {
        Fields(0, schema);
        return changed_;
    }

private:
    size_t Children(size_t at) const {
        const SchemaElement &element = footer_.schema[at];
        return element.__isset.num_children && element.num_children > 0 ? static_cast<size_t>(element.num_children) : 0;
    }
    size_t After(size_t at) const {
        size_t next = at + 1;
        for (size_t i = 0, count = Children(at); i < count && next < footer_.schema.size(); i++) next = After(next);
        return next;
    }
    bool Is(size_t at, const Field &field) const {
        const SchemaElement &element = footer_.schema[at];
        if (by_id_ && element.__isset.field_id) return delta::ColumnId(field) == element.field_id;
        return EqualsIgnoreCase(element.name, delta::PhysicalName(field));
    }

    void Fields(size_t group, const DataType &type) {
        size_t at = group + 1;
        for (size_t i = 0, count = Children(group); i < count && at < footer_.schema.size(); i++, at = After(at)) {
            for (const Field &field : type.fields) {
                if (HoldsVariant(field.type) && Is(at, field)) Visit(at, field.type);
            }
        }
    }

    void Visit(size_t at, const DataType &type) {
        if (at >= footer_.schema.size()) return;
        if (type.kind == TypeKind::kVariant) return Annotate(at);
        if (type.kind == TypeKind::kStruct) return Fields(at, type);
        // An array is a group of a repeated group of its element; two-level lists leave the group in between out.
        // A map is a group of a repeated group of key and value.
        if (Children(at) != 1) return;
        size_t repeated = at + 1;
        if (type.kind == TypeKind::kArray) return Visit(Children(repeated) == 1 ? repeated + 1 : repeated, type.children[0]);
        if (type.kind != TypeKind::kMap || Children(repeated) != 2) return;
        Visit(repeated + 1, type.children[0]);
        Visit(After(repeated + 1), type.children[1]);
    }

    void Annotate(size_t at) {
        SchemaElement &element = footer_.schema[at];
        if (Children(at) < 2 || (element.__isset.logicalType && element.logicalType.__isset.VARIANT)) return;
        element.logicalType.__isset.VARIANT = true;
        element.__isset.logicalType = true;
        changed_ = true;
    }

    duckdb_parquet::FileMetaData &footer_;
    bool by_id_;
    bool changed_ = false;
};

}  // namespace

bool HoldsVariant(const DataType &type) {
    return type.kind == TypeKind::kVariant || std::ranges::any_of(type.children, HoldsVariant) ||
           std::ranges::any_of(type.fields, [](const Field &field) { return HoldsVariant(field.type); });
}

duckdb::shared_ptr<duckdb::BaseFileReader> WithVariants(duckdb::ClientContext &context, const duckdb::OpenFileInfo &file,
                                                        duckdb::shared_ptr<duckdb::BaseFileReader> reader,
                                                        const DataType &schema, bool by_id) {
    auto &parquet = reader->Cast<duckdb::ParquetReader>();
    // A copy: other readers may share the footer, and know nothing of this table.
    auto footer = duckdb::make_uniq<duckdb_parquet::FileMetaData>(*parquet.metadata->metadata);
    if (!Annotator(*footer, by_id).Run(schema)) return reader;
    auto &known = *parquet.metadata;
    auto crypto = known.crypto_metadata ? duckdb::make_uniq<duckdb_parquet::FileCryptoMetaData>(*known.crypto_metadata) : nullptr;
    auto metadata = duckdb::make_shared_ptr<duckdb::ParquetFileMetadataCache>(std::move(footer), parquet.GetHandle(), nullptr,
                                                                              std::move(crypto), known.footer_size);
    return duckdb::make_shared_ptr<duckdb::ParquetReader>(context, file, parquet.parquet_options, std::move(metadata));
}

}  // namespace tarn::engine
