// The environment variables of this process.

package import Bytes
import Glibc

package enum Environment {
    package static func value(_ name: String) -> ByteString? {
        unsafe getenv(name).map { unsafe ByteString(cString: $0) }
    }
}
