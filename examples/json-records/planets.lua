-- From each planet's mass and radius: its density and the pull at its surface.
-- What is not touched comes out as it went in: integers, empty arrays, null.

local G = 6.6743e-11 -- m³ kg⁻¹ s⁻²

--- x with two digits behind the point.
local function rounded(x)
  return math.floor(x * 100 + 0.5) / 100
end

function task(planet)
  local radius = planet.radius_km * 1000
  local volume = 4 / 3 * math.pi * radius ^ 3
  planet.density_g_cm3 = rounded(planet.mass_kg / volume / 1000)
  planet.gravity_m_s2 = rounded(G * planet.mass_kg / radius ^ 2)
  planet.solid = planet.surface_pressure_bar ~= pmap.null -- JSON's null is a value, not nil
  return planet
end
