"""A local Spark session with Delta Lake from .peers/, in UTC. Used by the benchmark and by tests/interop."""
import pathlib

from pyspark.sql import SparkSession

JARS = pathlib.Path(__file__).resolve().parents[2] / ".peers" / "jars"


def delta_session(folder, **more):
    """`folder` takes the warehouse and Spark's own files; `more` are further settings, `_` for `.`."""
    jars = ",".join(str(jar) for jar in sorted(JARS.glob("*.jar")))
    if not jars:
        raise SystemExit("the peers are missing: run scripts/setup-peers.sh")
    builder = (SparkSession.builder.master("local[*]").appName("tarn-peer")
               .config("spark.jars", jars)
               .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
               .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
               .config("spark.sql.session.timeZone", "UTC")
               .config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC -Dderby.system.home=" + str(folder))
               .config("spark.driver.memory", "3g")
               .config("spark.sql.shuffle.partitions", "4")
               .config("spark.databricks.delta.snapshotPartitions", "2")  # 50 suit a cluster, not one machine
               .config("spark.sql.warehouse.dir", f"{folder}/warehouse")
               .config("spark.local.dir", f"{folder}/local")
               .config("spark.ui.enabled", "false")
               .config("spark.ui.showConsoleProgress", "false"))
    for name, value in more.items():
        builder = builder.config(name.replace("_", "."), value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
