// The environment variables of this process.

import Glibc
package import Wire

package enum Environment {
    package static func value(_ name: String) -> ByteString? {
        unsafe getenv(name).map { unsafe ByteString(cString: $0) }
    }
}
