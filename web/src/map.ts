// The map of places: our own outlines and points on a canvas; no tiles are asked of anybody unless the installation names a server.
import L from "leaflet";
import "leaflet/dist/leaflet.css";

type Feature = GeoJSON.Feature<GeoJSON.Point, { code: string; name: string; open: boolean | null }>;

const colour = (open: boolean | null): string => (open === true ? "#1d6b3a" : open === false ? "#8a94a6" : "#b26a00");

/** The towns of the county about the map's middle below everything else: outlines with names, or names alone. */
function outlines(map: L.Map): void {
  const { lat, lng } = map.getCenter();
  // In steps of a tenth of a degree, so that neighbours ask for the same.
  void fetch(`/api/v1/outlines?lon=${lng.toFixed(1)}&lat=${lat.toFixed(1)}`).then(async (answer) => {
    if (!answer.ok) return;
    const outlines = (await answer.json()) as GeoJSON.FeatureCollection<GeoJSON.Geometry, { name: string }> & { tiles?: { url: string; attribution: string } };
    const { tiles } = outlines;
    if (tiles) {
      L.tileLayer(tiles.url, { maxZoom: 18 }).addTo(map);
      const whose = document.createElement("span");
      whose.textContent = tiles.attribution;
      L.control.attribution({ prefix: false }).addAttribution(whose.outerHTML).addTo(map);
    }
    L.geoJSON(outlines, {
      style: { color: "#8a94a6", weight: 1, fillColor: "#eef2f7", fillOpacity: tiles ? 0 : 1 },
      interactive: false,
      pointToLayer: (_, at) => L.circleMarker(at, { radius: 1, opacity: 0, fillOpacity: 0, interactive: false }),
      onEachFeature: (feature, layer) => layer.bindTooltip(feature.properties.name, { permanent: true, direction: "center", className: "town" }),
    })
      .addTo(map)
      .bringToBack();
  });
}

type Mark = GeoJSON.Feature<GeoJSON.Point, { words: string; colour: string; size: number; link: string | null }>;

/** Marks as the server says they look. */
function marks(box: HTMLElement, [lon, lat]: [number, number], source: string): void {
  const map = L.map(box, { preferCanvas: true, attributionControl: false }).setView([lat, lon], 11);
  const renderer = L.canvas({ tolerance: 6 });
  outlines(map);
  void fetch(source).then(async (answer) => {
    const all = ((await answer.json()) as GeoJSON.FeatureCollection).features as Mark[];
    const points: L.LatLng[] = [];
    for (const { geometry, properties } of all) {
      const [x, y] = geometry.coordinates;
      const at = L.latLng(y ?? 0, x ?? 0);
      points.push(at);
      const words = document.createElement("div");
      for (const line of properties.words.split("\n")) {
        const row = document.createElement("div");
        row.textContent = line;
        words.append(row);
      }
      if (properties.link) {
        const link = document.createElement("a");
        link.href = properties.link;
        link.textContent = "→";
        words.append(link);
      }
      const large = properties.size > 4;
      L.circleMarker(at, { renderer, radius: properties.size, color: "#fff", weight: large ? 1.5 : 0, fillColor: properties.colour, fillOpacity: large ? 1 : 0.75 })
        .addTo(map)
        .bindPopup(words);
    }
    if (points.length) map.fitBounds(L.latLngBounds(points), { padding: [16, 16] });
  });
}

function draw(box: HTMLElement, [lon, lat]: [number, number], own: boolean, source: string, suggest: HTMLAnchorElement | null): void {
  const map = L.map(box, { preferCanvas: true, attributionControl: false, zoomControl: true }).setView([lat, lon], own ? 14 : 12);
  const renderer = L.canvas({ tolerance: 8 });
  outlines(map);
  void fetch(source).then(async (answer) => {
    const places = (await answer.json()) as GeoJSON.FeatureCollection;
    const here = L.latLng(lat, lon);
    const features = places.features as Feature[];
    const far = ({ geometry: { coordinates: [x, y] } }: Feature): number => here.distanceTo([y ?? 0, x ?? 0]);
    const near = [...features].sort((a, b) => far(a) - far(b)).slice(0, 5);
    if (near.length) map.fitBounds(L.latLngBounds([here, ...near.map(({ geometry: { coordinates: [x, y] } }) => L.latLng(y ?? 0, x ?? 0))]), { padding: [24, 24], maxZoom: 15 });
    for (const { geometry, properties } of features) {
      const [x, y] = geometry.coordinates;
      const link = document.createElement("a");
      link.href = `/s/${properties.code}`;
      link.textContent = properties.name;
      L.circleMarker([y ?? 0, x ?? 0], { renderer, radius: 7, color: "#fff", weight: 1.5, fillColor: colour(properties.open), fillOpacity: 1 })
        .addTo(map)
        .bindPopup(link);
    }
  });
  if (own) L.circleMarker([lat, lon], { radius: 9, color: "#123f75", weight: 3, fillColor: "#4d8fe0", fillOpacity: 0.9, interactive: false }).addTo(map);
  // A tap where nothing stands: that is where one could be asked for.
  if (suggest)
    map.on("click", ({ latlng }) => {
      const to = new URL(suggest.href);
      to.searchParams.set("lon", latlng.lng.toFixed(5));
      to.searchParams.set("lat", latlng.lat.toFixed(5));
      const link = document.createElement("a");
      link.href = to.href;
      link.textContent = suggest.textContent;
      L.popup().setLatLng(latlng).setContent(link).openOn(map);
    });
}

(window as unknown as { placesMap: { draw: typeof draw; marks: typeof marks } }).placesMap = { draw, marks };
