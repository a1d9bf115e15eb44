#include "engine/internal/types.h"

#include <algorithm>

namespace tarn::engine {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

Result<LogicalType> ToLogicalType(const DataType &type) {
    switch (type.kind) {
        case TypeKind::kNull: return LogicalType(LogicalTypeId::SQLNULL);
        case TypeKind::kBoolean: return LogicalType::BOOLEAN;
        case TypeKind::kByte: return LogicalType::TINYINT;
        case TypeKind::kShort: return LogicalType::SMALLINT;
        case TypeKind::kInt: return LogicalType::INTEGER;
        case TypeKind::kLong: return LogicalType::BIGINT;
        case TypeKind::kFloat: return LogicalType::FLOAT;
        case TypeKind::kDouble: return LogicalType::DOUBLE;
        case TypeKind::kDecimal: return LogicalType::DECIMAL(type.precision, type.scale);
        case TypeKind::kString: return LogicalType::VARCHAR;
        case TypeKind::kBinary: return LogicalType::BLOB;
        case TypeKind::kDate: return LogicalType::DATE;
        case TypeKind::kTimestamp: return LogicalType::TIMESTAMP_TZ;
        case TypeKind::kTimestampNtz: return LogicalType::TIMESTAMP;
        case TypeKind::kInterval: return LogicalType::INTERVAL;
        case TypeKind::kVariant: return LogicalType::VARIANT();
        case TypeKind::kArray: {
            TARN_TRY(LogicalType element, ToLogicalType(type.children[0]));
            return LogicalType::LIST(element);
        }
        case TypeKind::kMap: {
            TARN_TRY(LogicalType key, ToLogicalType(type.children[0]));
            TARN_TRY(LogicalType value, ToLogicalType(type.children[1]));
            return LogicalType::MAP(key, value);
        }
        case TypeKind::kStruct: {
            duckdb::child_list_t<LogicalType> children;
            for (const Field &field : type.fields) {
                TARN_TRY(LogicalType child, ToLogicalType(field.type));
                children.emplace_back(field.name, std::move(child));
            }
            if (children.empty()) break;
            return LogicalType::STRUCT(std::move(children));
        }
    }
    return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                "Columns of type " + type.ToSql() + " cannot be read or written yet.");
}

DataType FromLogicalType(const LogicalType &type) {
    switch (type.id()) {
        case LogicalTypeId::SQLNULL: return DataType::Of(TypeKind::kNull);
        case LogicalTypeId::BOOLEAN: return DataType::Of(TypeKind::kBoolean);
        case LogicalTypeId::TINYINT: return DataType::Of(TypeKind::kByte);
        case LogicalTypeId::SMALLINT:
        case LogicalTypeId::UTINYINT: return DataType::Of(TypeKind::kShort);
        case LogicalTypeId::INTEGER:
        case LogicalTypeId::INTEGER_LITERAL:
        case LogicalTypeId::USMALLINT: return DataType::Of(TypeKind::kInt);
        case LogicalTypeId::BIGINT:
        case LogicalTypeId::UINTEGER: return DataType::Of(TypeKind::kLong);
        case LogicalTypeId::UBIGINT: return DataType::Decimal(20, 0);
        case LogicalTypeId::HUGEINT: return DataType::Of(TypeKind::kLong);
        case LogicalTypeId::UHUGEINT: return DataType::Decimal(38, 0);
        case LogicalTypeId::FLOAT: return DataType::Of(TypeKind::kFloat);
        case LogicalTypeId::DOUBLE: return DataType::Of(TypeKind::kDouble);
        case LogicalTypeId::DECIMAL: {
            uint8_t width, scale;
            type.GetDecimalProperties(width, scale);
            return DataType::Decimal(std::max<int>(width, 1), scale);
        }
        case LogicalTypeId::BLOB: return DataType::Of(TypeKind::kBinary);
        case LogicalTypeId::DATE: return DataType::Of(TypeKind::kDate);
        case LogicalTypeId::TIMESTAMP_TZ: return DataType::Of(TypeKind::kTimestamp);
        case LogicalTypeId::TIMESTAMP:
        case LogicalTypeId::TIMESTAMP_SEC:
        case LogicalTypeId::TIMESTAMP_MS:
        case LogicalTypeId::TIMESTAMP_NS: return DataType::Of(TypeKind::kTimestampNtz);
        case LogicalTypeId::INTERVAL: return DataType::Of(TypeKind::kInterval);
        case LogicalTypeId::VARIANT: return DataType::Of(TypeKind::kVariant);
        case LogicalTypeId::LIST: return DataType::Array(FromLogicalType(duckdb::ListType::GetChildType(type)));
        case LogicalTypeId::ARRAY: return DataType::Array(FromLogicalType(duckdb::ArrayType::GetChildType(type)));
        case LogicalTypeId::MAP:
            return DataType::Map(FromLogicalType(duckdb::MapType::KeyType(type)),
                                 FromLogicalType(duckdb::MapType::ValueType(type)));
        case LogicalTypeId::STRUCT: {
            std::vector<Field> fields;
            for (auto &[name, child] : duckdb::StructType::GetChildTypes(type)) {
                fields.push_back({name, FromLogicalType(child)});
            }
            return DataType::Struct(std::move(fields));
        }
        default: return DataType::Of(TypeKind::kString);
    }
}

}  // namespace tarn::engine
